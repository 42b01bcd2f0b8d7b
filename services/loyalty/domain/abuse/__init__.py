"""Abuse: what looks like it, by which rule and for which reason. It decides nothing but that."""
