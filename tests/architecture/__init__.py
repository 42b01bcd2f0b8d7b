"""The tests of how the project is put together."""
