"""`python -m rapport`."""

from rapport.main import run

run()
