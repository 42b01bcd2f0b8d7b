"""Merged members have one tier: that of all that they earned, and were granted, together."""

from collections.abc import Iterable, Sequence

from services.loyalty.domain.tiers.commands import Basis
from services.loyalty.domain.tiers.earnings import of
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.record import Record


def record_of_all(bases: Sequence[Basis], enrolments: Iterable[Enrolment]) -> Record:
    """Return what the tier of members follows from who are one; they are members since the first of them was."""
    return Record(
        of(earning for basis in bases for earning in basis.earnings.entries),
        tuple(grant for enrolment in enrolments for grant in enrolment.grants),
        min((basis.enrolled_at for basis in bases if basis.enrolled_at), default=None),
    )
