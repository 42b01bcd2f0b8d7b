"""New identifiers: UUIDv7, which sort by the time of their making and say nothing about a person."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return an identifier that no other process will make."""
    return uuid7()
