"""Merging: subjects that turn out to be one, told by edges that can be taken back. Nothing is ever rewritten."""

from shared.merging.edges import Merged, Merges, Unmerged
from shared.merging.groups import Group, group

__all__ = ["Group", "Merged", "Merges", "Unmerged", "group"]
