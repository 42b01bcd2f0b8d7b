"""The test kit: given, when, then, and real parts for tests."""
