"""Booking: what became of a member's tier is written down, each move with its own moment.

Nothing waits for it. Which tier a member has follows from the moment at which one asks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty.domain.tiers.commands import Basis, BookTier
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.events import Event, TierChanged, TierKept
from services.loyalty.domain.tiers.history import Move, first, history, tier_at
from services.loyalty.domain.tiers.period import ALWAYS
from services.loyalty.domain.tiers.projection import horizon
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.versions import Tables, index_at
from services.loyalty.domain.tiers.walk import Reason


def book(command: BookTier, enrolment: Enrolment) -> Sequence[Event]:
    """Book every move that isn't booked yet; nothing, where points came that can't have made a difference."""
    if command.only_more and command.basis.tables and _settled(command, enrolment):
        return ()
    return booked(command.customer_id, command.basis, enrolment, command.now)


def booked(customer_id: UUID, basis: Basis, enrolment: Enrolment, now: datetime) -> Sequence[Event]:
    """Return the moves until `now` that aren't booked; or that the tier is kept, where it isn't known what is next."""
    tables, record = basis.tables, record_of(basis, enrolment)
    if not tables:
        return ()
    known = history(record, tables, horizon(record, tables, now))
    next_at = next((move.at for move in known if move.at > now), None)
    moves = [*_unbooked([move for move in known if move.at <= now], enrolment, tables)]
    if moves:
        return [_changed(customer_id, basis, move, next_at) for move in moves]
    booked_at = enrolment.next_at
    if booked_at == next_at or (booked_at and next_at and now < booked_at < next_at):
        return ()  # a timer that comes too early asks again
    return [TierKept(customer_id, basis.programme, enrolment.tier or first(tables), next_at)]


def record_of(basis: Basis, enrolment: Enrolment) -> Record:
    """Return what the member's tier follows from."""
    return Record(basis.earnings, enrolment.grants, basis.enrolled_at)


def _settled(command: BookTier, enrolment: Enrolment) -> bool:
    """Tell whether the booked tier stands, and until when it does: more points never make it fall sooner."""
    basis, now = command.basis, command.now
    if any(version.since > now for version in basis.tables):
        return False
    return tier_at(record_of(basis, enrolment), basis.tables, now) == (enrolment.tier or first(basis.tables))


def _unbooked(moves: Sequence[Move], enrolment: Enrolment, tables: Tables) -> Iterator[Move]:
    """Yield the moves after the one that was booked last; before them, what late facts have made of that one."""
    since, known = enrolment.changed_at or ALWAYS, enrolment.tier or first(tables)
    before = [move for move in moves if move.at <= since]
    then = before[-1].after if before else first(tables)
    if then != known:
        last = before[-1] if before else Move(since, known, then, Reason.RESTATED)
        yield Move(last.at, known, then, Reason.RESTATED, last.span)
    yield from (move for move in moves if move.at > since)


def _changed(customer_id: UUID, basis: Basis, move: Move, next_at: datetime | None) -> TierChanged:
    table = basis.tables[index_at(basis.tables, move.at)].table
    rank, span = table.rank(move.after) or 0, move.span
    return TierChanged(
        customer_id,
        basis.programme,
        move.before,
        move.after,
        move.reason,
        move.at,
        table.tiers[rank].benefits.service_level,
        rank,
        span.since if span else None,
        span.until if span else None,
        next_at,
    )
