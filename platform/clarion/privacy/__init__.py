"""A signer's own page: what is kept about them, and what they want done with it."""
