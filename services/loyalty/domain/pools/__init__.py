"""Household pools: members who spend together, while every point stays in its owner's lot until then."""
