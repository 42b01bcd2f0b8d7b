"""A programme's versions, folded from their publications."""

from services.loyalty.domain.programme.events import Event
from services.loyalty.domain.programme.programme import Programme, Version


def evolve(programme: Programme, event: Event) -> Programme:
    """Return the programme with one version more."""
    version = Version(event.version, event.effective_from, event.document, event.back_dated)
    return Programme((*programme.versions, version))
