"""Deterministic simulation: the real relay, consumers and views on a simulated database, broker and clock."""
