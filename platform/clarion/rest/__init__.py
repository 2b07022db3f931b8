"""The API under `/api/v1`: campaigns and counts for everyone, signing, and an organisation's own signers."""
