"""The views of partners: they say what the stream's own fold says, and a month's row adds up to its statement."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from hypothesis import given as for_all
from hypothesis import settings

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.events import Event, PartnerMonthClosed
from services.loyalty.views.partner_entries import PARTNER_ENTRIES, PartnerEntryRow
from services.loyalty.views.partners import PARTNERS, PartnerRow
from services.loyalty.views.settlements import SETTLEMENTS, SettlementRow
from shared.store.contract import Recorded
from shared.views.view import View
from tests.loyalty.partner_facts import HOTEL, moment
from tests.loyalty.test_partner_histories import STEPS, Step, entries_in, play


def recorded(event: Event, version: int) -> Recorded:
    nothing = cast("Any", None)
    stream, at = f"partner-{HOTEL}", moment(1)
    name = PUBLISHED.name_of(event).type
    return Recorded("loyalty", stream, version, version, 0, stream, name, 1, event, nothing, at, at, {})


def rows_of(view: View[Any], events: Sequence[Event]) -> dict[Any, Any]:
    rows: dict[Any, Any] = {}
    for version, event in enumerate(events, 1):
        item = recorded(event, version)
        if view.reads[0].knows(item.type):
            rows[view.key(item)] = view.project(rows.get(view.key(item)), item)
    return rows


@settings(max_examples=100, deadline=None)
@for_all(STEPS)
def test_a_partners_row_is_where_we_stand(steps: list[Step]) -> None:
    events = play(steps)
    partner = PARTNER.fold(events)
    (row,) = rows_of(PARTNERS, events).values()
    assert isinstance(row, PartnerRow)
    assert (row.owed, row.pack, row.closed_until) == (partner.owes, partner.pack, partner.closed_until)
    assert partner.agreement
    assert (row.name, row.prepaid) == (partner.agreement.name, partner.agreement.prepaid)
    assert row.entries == len(entries_in(events))


@settings(max_examples=100, deadline=None)
@for_all(STEPS)
def test_a_months_row_adds_up_its_entries_and_is_closed_with_its_statement(steps: list[Step]) -> None:
    events = play(steps)
    rows: list[SettlementRow] = [*rows_of(SETTLEMENTS, events).values()]
    entries: list[PartnerEntryRow] = [*rows_of(PARTNER_ENTRIES, events).values()]
    closed = {event.month: event for event in events if isinstance(event, PartnerMonthClosed)}
    assert len(entries) == len(entries_in(events))
    for row in rows:
        own = [entry.amount for entry in entries if entry.month == row.month]
        parts = (row.accruals, row.redemptions, row.reversals, row.packs, row.payments)
        assert row.total == sum(parts, Decimal(0)) == sum(own, Decimal(0))
        assert (row.entries, row.closed) == (len(own), row.month in closed)
        if row.closed:
            assert row.opening is not None
            assert row.closing == row.opening + row.total == closed[row.month].closing
