"""The language in which a programme says what earns points: typed, checked, explained, and no code."""
