"""The part of an event's surroundings that is stored as JSON: who, and what led to it."""

from typing import Any

from shared.store.contract import Context


def meta_of(context: Context) -> dict[str, Any]:
    """Return what is known of actor, correlation, causation and trace, without the empty ones."""
    pairs = (
        ("actor", context.actor),
        ("correlation", context.correlation),
        ("causation", context.causation),
        ("traceparent", context.traceparent),
    )
    return {name: value for name, value in pairs if value is not None}
