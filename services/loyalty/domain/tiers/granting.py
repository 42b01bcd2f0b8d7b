"""Granting a tier by hand: with a reason, an actor and an end; and ending it before that."""

from collections.abc import Sequence

from services.loyalty.domain.tiers.booking import booked
from services.loyalty.domain.tiers.commands import EndTierGrant, GrantTier
from services.loyalty.domain.tiers.enrolment import Enrolment, evolve
from services.loyalty.domain.tiers.events import Event, TierGranted, TierGrantEnded
from services.loyalty.domain.tiers.versions import index_at
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def grant(command: GrantTier, enrolment: Enrolment) -> Sequence[Event]:
    """Give the tier, and book what it changes; the same grant again gives none, another of its id is refused."""
    asked = (command.tier, command.since, command.until, command.reason)
    known = enrolment.grant(command.grant_id)
    if known is not None:
        if not same((known.tier, known.since, known.until, known.reason), asked):
            raise Rejected("grant-differs", f"Grant {command.grant_id} is known with another content. Use another id.")
        return ()
    _must_be_grantable(command)
    given = TierGranted(command.customer_id, command.basis.programme, command.grant_id, *asked, command.actor)
    return (given, *booked(command.customer_id, command.basis, evolve(enrolment, given), command.now))


def _must_be_grantable(command: GrantTier) -> None:
    tables = command.basis.tables
    if not tables:
        raise Rejected("no-tiers", "The member's programme has no tiers.")
    table = tables[index_at(tables, command.since)].table
    if not table.rank(command.tier):
        names = ", ".join(tier.name for tier in table.tiers[1:])
        raise Rejected("tier-unknown", f"There is no tier {command.tier} to be granted: {names}.")
    if command.until <= command.since:
        raise Rejected("grant-empty", "A grant must end after it begins.")


def end(command: EndTierGrant, enrolment: Enrolment) -> Sequence[Event]:
    """Let the grant end now, or before it began; one that is over stays as it is."""
    known = enrolment.grant(command.grant_id)
    if known is None:
        raise Missing("grant-unknown", f"The member has no grant {command.grant_id}.")
    until = max(known.since, command.now)
    if known.until <= until:
        return ()
    ended = TierGrantEnded(command.customer_id, command.grant_id, until, command.reason, command.actor)
    return (ended, *booked(command.customer_id, command.basis, evolve(enrolment, ended), command.now))
