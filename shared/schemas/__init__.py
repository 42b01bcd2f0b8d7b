"""Schemas: what services say and read, written down, compared with the last release, and kept for ever."""
