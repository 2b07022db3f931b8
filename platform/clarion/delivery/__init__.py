"""Messages on their way: what they say, by which channel they leave, and the worker's part in it."""
