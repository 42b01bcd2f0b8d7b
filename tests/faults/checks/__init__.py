"""The checks: pure functions from the facts of a run to findings, one file for each promise."""
