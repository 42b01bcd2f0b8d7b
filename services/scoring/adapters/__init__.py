"""Scoring's bulk access to its own database, and the worker's part that carries out runs."""
