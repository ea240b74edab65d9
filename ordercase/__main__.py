"""`python -m ordercase` is `ordercase`."""

from ordercase.cli import main

main()
