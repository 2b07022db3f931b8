"""Mails to those a petition is addressed to: milestones, digests, and letters of signers."""
