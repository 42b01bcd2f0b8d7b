"""What tickets does about what happens elsewhere."""
