"""What scoring does about what happens elsewhere."""
