"""Merging: subjects that turn out to be one."""
