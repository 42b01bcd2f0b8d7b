"""Contact's ways to the outside world."""
