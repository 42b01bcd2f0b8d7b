"""A member's tier on one side: how it moved within the period, and which it was at the period's end."""

from collections.abc import Sequence

from msgspec import Struct

from services.loyalty.domain.tiers.earnings import of
from services.loyalty.domain.tiers.history import Move, first, history
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.versions import Tables
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.playing import Play
from services.loyalty.domain.what_if.side import Side


class Moved(Struct, frozen=True):
    """The moves within the period, in their order, and the tier just before its end; "" without tiers."""

    moves: Sequence[Move] = ()
    tier: str = ""


def moved(record: Record, tables: Tables, asked: Asked) -> Moved:
    """Return how a member's tier moved."""
    if not tables:
        return Moved()
    until = [move for move in history(record, tables, asked.until) if move.at < asked.until]
    tier = until[-1].after if until else first(tables)
    return Moved([move for move in until if asked.since <= move.at], tier)


def record_of(play: Play, side: Side, tables: Tables) -> Record:
    """Return what a member's tier follows from on one side; grants by hand are the same on both."""
    if not tables:
        return Record()
    currency = tables[-1].table.currency
    facts = (
        earning
        for key, judged in play.earnings.judged.items()
        for earning in side.earned(key, judged.fact.occurred_at, currency)
    )
    return Record(of((*facts, *play.plain.earned(currency))), tuple(play.grants), play.enrolled_at)
