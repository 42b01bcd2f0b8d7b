"""The HTTP kit: what every route gets for nothing."""
