"""Messages waiting to leave: written with what causes them, taken under a lease, settled once."""
