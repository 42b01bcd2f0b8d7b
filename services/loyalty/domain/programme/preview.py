"""What would come of publishing a version: shown before, and where it is back-dated asked for with a token."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.programme.decide import publication_faults
from services.loyalty.domain.programme.difference import Change, difference
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, token_of
from services.loyalty.domain.revising.effect import Effect
from services.loyalty.domain.rules.fault import Fault


class Preview(Struct, frozen=True):
    """`faults` keep it from being published; `confirm` is the token to publish it with, None where none is needed.

    `changes` are told against the version that counts at that time; `effect` is what a back-dated one
    changes of history, which whoever has it confirmed has seen.
    """

    faults: tuple[Fault, ...]
    unchanged: bool
    version: int
    effective_from: datetime
    back_dated: bool
    confirm: str | None
    changes: tuple[Change, ...]
    effect: Effect | None = None


def preview(document: Document, effective_from: datetime, now: datetime, programme: Programme) -> Preview:
    """Return what would come of publishing the document, to count from then on."""
    faults = tuple(publication_faults(document, effective_from, now, programme))
    before = programme.version_at(effective_from)
    back_dated = programme.is_back_dated(effective_from, now)
    unchanged = programme.says(document, effective_from)
    needed = back_dated and not unchanged and not faults
    return Preview(
        faults,
        unchanged,
        len(programme.versions) + (0 if unchanged else 1),
        effective_from,
        back_dated,
        token_of(programme, document, effective_from) if needed else None,
        tuple(difference(before.document if before else None, document)),
    )
