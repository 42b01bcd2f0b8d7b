"""Statements as members read them: what moved their points, in words, and what lies ahead."""
