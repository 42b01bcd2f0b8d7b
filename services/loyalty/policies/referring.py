"""A referral: whether who referred and who was referred are one, or live together."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty.domain.abuse.limits import Limits
from services.loyalty.domain.abuse.referral import Party, self_referral
from services.loyalty.domain.abuse.verdict import Finding, Outcome
from services.loyalty.domain.pools.household import HOUSEHOLD
from services.loyalty.domain.rules.fact import Fact
from shared.policies.policy import Work

REFERRED = "referred"
"""The attribute in which a referral names the customer who was referred."""


def referral_findings(work: Work, fact: Fact, customer_id: UUID, limits: Limits) -> Sequence[Finding]:
    """Return what is wrong with a referral; nothing of any other fact, and where it doesn't name whom it is about."""
    other = _named(fact) if fact.trigger == "referral" else None
    if other is None or limits.self_referral is Outcome.ALLOW:
        return ()
    return [*self_referral(_party(work, customer_id), _party(work, other), limits.self_referral)]


def _named(fact: Fact) -> UUID | None:
    try:
        return UUID(str(fact.attributes.get(REFERRED, "")))
    except ValueError:
        return None


def _party(work: Work, customer_id: UUID) -> Party:
    """Return one end, as whoever stands first of all who are one: who shares a pool lives together."""
    members = sorted(work.members(str(customer_id)))
    homes = [work.state(HOUSEHOLD, HOUSEHOLD.stream(member)).pool_id for member in members]
    return Party(UUID(members[0]), frozenset(f"pool:{home}" for home in homes if home))
