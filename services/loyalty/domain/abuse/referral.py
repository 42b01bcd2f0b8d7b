"""Self-referral: who refers a customer that they are themselves, or live and pay with."""

from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.abuse.verdict import Finding, Outcome

RULE = "self-referral"


class Party(Struct, frozen=True):
    """One end of a referral, with the marks by which they are known elsewhere.

    A mark is `kind:fingerprint`, such as of a card, a device or an address: never the thing itself.
    """

    customer_id: UUID
    marks: frozenset[str] = frozenset()


def self_referral(referrer: Party, referred: Party, outcome: Outcome = Outcome.REFUSE) -> Iterator[Finding]:
    """Yield a finding where both ends are one, or have a mark in common; it names the kinds of the marks alone."""
    if referrer.customer_id == referred.customer_id:
        yield Finding(RULE, outcome, "The member referred themselves.")
        return
    shared = sorted({mark.partition(":")[0] for mark in referrer.marks & referred.marks})
    if shared:
        yield Finding(RULE, outcome, f"Who referred and who was referred have the same {', '.join(shared)}.")
