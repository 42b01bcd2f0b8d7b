"""The demo: a real purchase log goes in by the public door, and Rapport shows what it knows."""
