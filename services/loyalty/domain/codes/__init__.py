"""Codes of a pool: each has a stream of its own, named after a keyed hash, and is given and redeemed once."""
