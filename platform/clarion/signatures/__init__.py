"""Signing, confirming and counting, consents and reasons: what the whole platform is for."""
