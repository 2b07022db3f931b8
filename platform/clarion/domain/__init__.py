"""The rules of petitions, pure: no Flask, no database, no clock, no files."""
