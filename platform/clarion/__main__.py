"""`python -m clarion` is the `clarion` command."""

from .cli import main

main()
