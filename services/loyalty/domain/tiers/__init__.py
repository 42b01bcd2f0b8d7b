"""Tiers: which one a member has at a moment, by what they earned until then, and why."""
