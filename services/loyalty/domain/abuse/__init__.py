"""Abuse: what looks like it, by which rule and why; what was decided about a member, and who is blocked."""
