"""Urgent petitions that coalitions run together: a folder of texts becomes a live page whose names count once."""

__version__ = "0.1.0"
