"""The rules of tickets: a complaint, what was promised about it, and how it ends."""
