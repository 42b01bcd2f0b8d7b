"""What other services tell of a member: segments, consents, a birthday; each by when it was known."""
