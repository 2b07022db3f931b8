"""The public pages: what visitors see, the sign form, and the steps after it."""
