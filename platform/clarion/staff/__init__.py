"""The people who run campaigns: their accounts, how they log in, and what each may do for which organisation."""
