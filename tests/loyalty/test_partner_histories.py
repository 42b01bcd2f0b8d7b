"""What holds for a partner over any history: against a small reference that keeps a list and adds it up."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.partners import process
from services.loyalty.domain.partners.commands import Command
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.entry import ENTRY, key_of
from services.loyalty.domain.partners.events import Event, PartnerEntryBooked, PartnerMonthClosed
from shared.errors import Rejected
from tests.loyalty.partner_facts import (
    AFTER,
    BEFORE,
    DEARER,
    HOTEL,
    Books,
    agree,
    book,
    close,
    moment,
    pack,
    pay,
    reverse,
    told,
)

LIMIT = 50
AGREEMENTS = (
    AFTER,
    BEFORE,
    structs.replace(BEFORE, overdraft=LIMIT),
    structs.replace(AFTER, prices=(*AFTER.prices, DEARER)),
)

Step = tuple[str, int, str, int, int]
"""What is asked, days since the last step, a name, points, and how many days late it is told."""

STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["agree", "earn", "earn", "redeem", "reverse", "reverse", "pack", "pay", "close", "close"]),
        st.sampled_from([0, 1, 10, 25]),
        st.sampled_from(["1", "2", "3", "4"]),
        st.integers(1, 400),
        st.sampled_from([0, 0, 5, 40]),
    ),
    max_size=25,
)


def command_of(step: Step, now: datetime) -> Command:
    kind, _, name, points, late = step
    at = max(moment(1, 1), now - timedelta(days=late))
    match kind:
        case "agree":
            return agree(AGREEMENTS[points % 4])
        case "earn":
            return structs.replace(book(f"o{name}", points, at), now=now)
        case "redeem":
            return structs.replace(book(f"u{name}", points, at, "redemption"), now=now)
        case "reverse":
            of = ("o" if points % 2 else "u") + name
            return structs.replace(reverse(f"r{points % 9}", of, points, at), now=now)
        case "pack":
            return pack(f"p{name}", points, "1.50", at)
        case "pay":
            return pay(f"b{name}", "2.00", at)
        case _:
            return close(1 + points % 6, now)


def play(steps: Sequence[Step]) -> list[Event]:
    books, now = told(agree()), moment(1)
    for step in steps:
        now += timedelta(days=step[1])
        try:
            process.ask(books, command_of(step, now))
        except Rejected:
            continue
    check_entries(books)
    return books.events


def check_entries(books: Books) -> None:
    """Each entry's own stream says what is left of it: what was booked, less what was reversed of it."""
    entries = entries_in(books.events)
    for entry in entries:
        kept = books.state(ENTRY, key_of(HOTEL, entry.entry_id))
        back = sum(item.points for item in entries if item.reverses == entry.entry_id)
        assert (kept.kind, kept.points, kept.amount) == (entry.kind, entry.points, entry.amount)
        assert kept.left == entry.points + back


def entries_in(events: Sequence[Event]) -> list[PartnerEntryBooked]:
    return [event for event in events if isinstance(event, PartnerEntryBooked)]


def closed_in(events: Sequence[Event]) -> list[PartnerMonthClosed]:
    return [event for event in events if isinstance(event, PartnerMonthClosed)]


@settings(max_examples=200, deadline=None)
@for_all(STEPS)
def test_opening_and_entries_make_closing_and_each_opens_where_the_last_closed(steps: list[Step]) -> None:
    events = play(steps)
    opening = Decimal(0)
    for statement in closed_in(events):
        assert statement.opening == opening
        assert statement.closing == opening + sum(statement.amounts.values(), Decimal(0))
        opening = statement.closing
    months = [statement.month for statement in closed_in(events)]
    assert months == sorted(set(months))


@settings(max_examples=200, deadline=None)
@for_all(STEPS)
def test_every_entry_is_in_exactly_one_statement_and_none_changes_a_closed_one(steps: list[Step]) -> None:
    events = play(steps)
    closed: set[date] = set()
    for event in events:
        if isinstance(event, PartnerMonthClosed):
            closed.add(event.month)
        elif isinstance(event, PartnerEntryBooked):
            assert event.month not in closed
            assert event.late == (event.month != AFTER.month_of(event.happened_at))
    for statement in closed_in(events):
        own = [entry for entry in entries_in(events) if entry.month == statement.month]
        assert statement.entries == len(own)
        assert sum(statement.amounts.values(), Decimal(0)) == sum((entry.amount for entry in own), Decimal(0))


class Sum(NamedTuple):
    """The reference: what the entries of one name come to."""

    points: int
    amount: Decimal


@settings(max_examples=200, deadline=None)
@for_all(STEPS)
def test_what_is_owed_is_the_sum_of_all_entries_and_names_book_once(steps: list[Step]) -> None:
    events = play(steps)
    partner, entries = PARTNER.fold(events), entries_in(events)
    assert partner.owes == sum((entry.amount for entry in entries), Decimal(0))
    assert partner.pack == sum(entry.pack for entry in entries)
    assert len({entry.entry_id for entry in entries}) == len(entries)
    assert partner.entries == {}


@settings(max_examples=200, deadline=None)
@for_all(STEPS)
def test_reversals_never_exceed_what_they_reverse_and_the_whole_nets_nothing(steps: list[Step]) -> None:
    entries = entries_in(play(steps))
    for entry in entries:
        back = [item for item in entries if item.reverses == entry.entry_id]
        left = entry.points + sum(item.points for item in back)
        total = Sum(left, entry.amount + sum((item.amount for item in back), Decimal(0)))
        assert not back or total.points >= 0
        assert all(item.unit_price == entry.unit_price for item in back)
        assert abs(total.amount) <= abs(entry.amount)
        if back and left == 0:
            assert total.amount == 0


@settings(max_examples=200, deadline=None)
@for_all(STEPS)
def test_packs_never_fall_below_what_was_agreed(steps: list[Step]) -> None:
    held = 0
    for entry in entries_in(play(steps)):
        held += entry.pack
        assert held >= -LIMIT
        assert not entry.pack or entry.kind in ("pack", "accrual", "reversal")


@settings(max_examples=100, deadline=None)
@for_all(STEPS, st.data())
def test_a_step_that_is_told_again_later_changes_nothing(steps: list[Step], data: st.DataObject) -> None:
    """Told again once it is known, at any time: entries are (source, event) for ever."""
    once = play(steps)
    names = {entry.entry_id for entry in entries_in(once)}
    repeated = play([*steps, *data.draw(st.permutations(steps))])
    first = [entry for entry in entries_in(repeated) if entry.entry_id in names]
    assert first == entries_in(once)
