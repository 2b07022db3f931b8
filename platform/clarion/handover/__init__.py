"""Handing a petition over: a pack for each recipient, of a letter, the figures, and the names that may be shown."""
