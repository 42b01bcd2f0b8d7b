"""The four services, each with its own slice, its own database and no import of another."""
