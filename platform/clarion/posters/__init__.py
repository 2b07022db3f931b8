"""Posters and handbills: paper that leads to a petition, in its languages, ready to print."""
