"""The event store: one contract, PostgreSQL behind it, and an in-memory one for unit tests."""
