"""What loyalty does about what happens elsewhere."""
