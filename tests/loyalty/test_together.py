"""Members who were merged spend as one; once the merge is undone they separate again by whose lots they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Book, Command, Enrol, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, PointsReversed, PointsSpent, RefundAwaited, SpendReversed
from services.loyalty.domain.ledger.together import net, routes
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Missing, Rejected
from tests.loyalty.conservation import parts_of
from tests.loyalty.histories import STEPS, Step, command_of
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day, earn, refund, spend, take_back

CARL = UUID(int=3)


class World:
    """The accounts of some customers, who may be one or several."""

    def __init__(self, *who: UUID) -> None:
        self.logs: dict[str, list[Event]] = {str(one): [] for one in who}
        self.merged = True

    @property
    def accounts(self) -> dict[str, Account]:
        return {owner: ACCOUNT.fold(log) for owner, log in self.logs.items()}

    def ask(self, who: UUID, command: Command) -> dict[str, list[Event]]:
        """Give the command, sent to `who`, and return whose accounts got which events."""
        command = command if isinstance(command, Book) else structs.replace(command, customer_id=who)
        accounts = self.accounts
        asked = routes(command, accounts, str(who)) if self.merged else [(str(who), command)]
        found = {owner: [*ACCOUNT.decide(part, accounts[owner])] for owner, part in asked}
        for owner, events in found.items():
            self.logs[owner] += events
        return {owner: events for owner, events in found.items() if events}

    def balance(self, now: float) -> int:
        return net(self.accounts, day(now))


@pytest.fixture
def world() -> World:
    made = World(ANNA, BERT)
    made.ask(ANNA, earn("a1", "30", 0))
    made.ask(BERT, earn("b1", "20", 1))
    made.ask(ANNA, earn("a2", "10", 2))
    return made


A, B = str(ANNA), str(BERT)


def test_one_balance_over_the_lots_of_all(world: World) -> None:
    assert world.balance(2) == 60
    with pytest.raises(Rejected, match="The balance is 60"):
        world.ask(BERT, spend("s1", 61, 2))


def test_a_spend_takes_the_lots_in_their_order_whoever_owns_them(world: World) -> None:
    written = world.ask(BERT, spend("s1", 55, 2))
    assert written == {
        B: [PointsSpent(BERT, "s1", 20, "voucher", {"shop:b1": 20}, 0, 55)],
        A: [PointsSpent(ANNA, "s1", 35, "voucher", {"shop:a1": 30, "shop:a2": 5}, 5, 55)],
    }
    assert world.balance(2) == 5


def test_whoever_was_asked_keeps_the_spend_without_a_point_in_it(world: World) -> None:
    written = world.ask(BERT, spend("s1", 30, 2))
    assert written[B] == [PointsSpent(BERT, "s1", 0, "voucher", {}, 20, 30)]
    world.merged = False
    assert world.ask(BERT, spend("s1", 30, 2)) == {}


def test_a_spend_counts_once_whoever_is_asked_and_also_after_an_undo(world: World) -> None:
    world.ask(ANNA, spend("s1", 55, 2))
    assert world.ask(BERT, spend("s1", 55, 3)) == {}
    with pytest.raises(Rejected, match="known with 55"):
        world.ask(BERT, spend("s1", 54, 3))
    world.merged = False
    assert world.ask(ANNA, spend("s1", 55, 3)) == world.ask(BERT, spend("s1", 55, 3)) == {}
    with pytest.raises(Rejected, match="known with 55"):
        world.ask(BERT, spend("s1", 20, 3))


def test_a_spend_taken_back_returns_every_part_to_its_owner(world: World) -> None:
    before = world.accounts
    world.ask(ANNA, spend("s1", 55, 2))
    assert {type(event) for events in world.ask(BERT, take_back("s1", 3)).values() for event in events} == {
        SpendReversed
    }
    assert {owner: account.lots for owner, account in world.accounts.items()} == {
        owner: account.lots for owner, account in before.items()
    }
    assert world.ask(ANNA, take_back("s1", 4)) == {}
    with pytest.raises(Missing):
        world.ask(ANNA, take_back("s9", 4))


def test_after_an_undo_each_part_is_taken_back_by_its_owner(world: World) -> None:
    world.ask(ANNA, spend("s1", 55, 2))
    world.merged = False
    world.ask(BERT, take_back("s1", 3))
    assert {owner: account.balance(day(3)) for owner, account in world.accounts.items()} == {A: 5, B: 20}


def test_an_order_earns_once_for_all_and_a_refund_finds_its_lots_owner(world: World) -> None:
    assert world.ask(BERT, earn("a1", "30", 0, now=3)) == {}
    with pytest.raises(Rejected, match="has earned on 30"):
        world.ask(BERT, earn("a1", "31", 0, now=3))
    written = world.ask(BERT, refund("r1", "a1", "10", 3))
    assert [type(event) for event in written[A]] == [PointsReversed]
    assert world.ask(ANNA, refund("r1", "a1", "10", 3)) == world.ask(BERT, refund("r1", "a1", "10", 3)) == {}
    with pytest.raises(Rejected, match="Refund r1 is known with 10"):
        world.ask(BERT, refund("r1", "a1", "11", 3))


def test_what_an_order_earns_stays_with_whoever_was_asked(world: World) -> None:
    assert list(world.ask(BERT, earn("b2", "7", 3))) == [B]


def test_a_refund_that_waits_with_one_is_settled_when_the_other_earns(world: World) -> None:
    assert [type(event) for event in world.ask(BERT, refund("r1", "a3", "4", 3))[B]] == [RefundAwaited]
    world.ask(ANNA, earn("a3", "9", 4))
    assert world.accounts[A].lots["shop:a3"].left == 5
    assert world.ask(ANNA, refund("r1", "a3", "4", 5)) == world.ask(BERT, refund("r1", "a3", "4", 5)) == {}


def test_a_refund_that_waited_apart_is_settled_when_it_is_told_again_together() -> None:
    world = World(ANNA, BERT)
    world.merged = False
    world.ask(ANNA, earn("a1", "30"))
    world.ask(BERT, refund("r1", "a1", "30"))
    world.merged = True
    assert list(world.ask(BERT, refund("r1", "a1", "30"))) == [A]
    assert world.balance(1) == 0


def test_points_of_one_cover_the_debt_of_the_other_and_nothing_is_written_for_it(world: World) -> None:
    world.merged = False
    world.ask(BERT, spend("s1", 20, 2))
    world.ask(BERT, refund("r1", "b1", "20", 2))
    world.merged = True
    assert world.balance(2) == 20
    with pytest.raises(Rejected, match="The balance is 20"):
        world.ask(BERT, spend("s2", 21, 2))
    world.ask(BERT, spend("s2", 20, 2))
    assert (world.balance(2), world.accounts[A].balance(day(2)), world.accounts[B].owed()) == (0, 20, 20)


def test_while_more_is_owed_than_there_is_nothing_can_be_spent(world: World) -> None:
    world.ask(ANNA, spend("s1", 60, 2))
    world.ask(BERT, refund("r1", "b1", "20", 2))
    world.ask(ANNA, earn("a3", "5", 3))
    with pytest.raises(Rejected, match="owes 15 points"):
        world.ask(ANNA, spend("s2", 1, 3))


def test_who_never_collected_points_gets_no_account_by_being_merged() -> None:
    world = World(ANNA, BERT)
    world.ask(ANNA, earn("a1", "30"))
    assert list(world.ask(BERT, spend("s1", 10))) == [A]


def test_points_that_lapsed_or_wait_are_no_ones(world: World) -> None:
    world.ask(BERT, earn("b2", "100", 2, terms=Terms(pending_days=30)))
    world.ask(ANNA, earn("a3", "100", -60, now=2, terms=Terms(valid_months=1)))
    assert world.balance(2) == 60


# --- over any history -------------------------------------------------------

WHO = st.sampled_from([ANNA, BERT, CARL])
LIVES = STEPS.flatmap(
    lambda steps: st.lists(WHO, min_size=len(steps), max_size=len(steps)).map(
        lambda who: [*zip(who, steps, strict=True)]
    )
)


SHARED = ("spend", "take back", "hold", "capture", "release", "give", "freeze", "unfreeze")
"""What is asked of all accounts at once, while their members are one."""


def live(world: World, lives: Sequence[tuple[UUID, Step]], merged: Sequence[bool]) -> datetime:
    now = NOW
    for (who, step), together in zip(lives, merged, strict=True):
        now += timedelta(days=step.gap, seconds=1)
        world.merged = together
        command, _ = command_of(step, now)
        try:
            written = world.ask(who, command)
        except Rejected:
            continue
        check(world, command, written, now)
    return now


def check(world: World, command: Command, written: dict[str, list[Event]], now: datetime) -> None:
    accounts = world.accounts
    for account in accounts.values():
        for lot in account.lots.values():
            parts = parts_of(lot, now)
            assert sum(parts) == lot.points
            assert min(parts) >= 0
    shares = [event for events in written.values() for event in events if isinstance(event, PointsSpent)]
    if isinstance(command, Spend) and written:
        assert sum(event.points for event in shares) == command.points
        assert all(event.whole in (None, command.points) for event in shares)
        assert net(accounts, now, command.points_currency) >= 0 or not world.merged


@settings(max_examples=150, deadline=None)
@for_all(LIVES, st.data())
def test_merged_at_times_lots_are_conserved_and_no_one_overspends(
    lives: list[tuple[UUID, Step]], data: st.DataObject
) -> None:
    merged = data.draw(st.lists(st.booleans(), min_size=len(lives), max_size=len(lives)))
    live(World(ANNA, BERT, CARL), lives, merged)


@settings(max_examples=150, deadline=None)
@for_all(LIVES, st.data())
def test_without_shared_spends_an_undone_merge_leaves_every_account_as_if_there_had_been_none(
    lives: list[tuple[UUID, Step]], data: st.DataObject
) -> None:
    """Each has orders of their own, and spends only while apart."""
    lives = [(who, _own(who, step)) for who, step in lives]
    merged = [step.kind not in SHARED and data.draw(st.booleans()) for _, step in lives]
    once, never = World(ANNA, BERT, CARL), World(ANNA, BERT, CARL)
    live(once, lives, merged)
    live(never, lives, [False] * len(lives))
    assert once.logs == never.logs


def _own(who: UUID, step: Step) -> Step:
    return step._replace(order=f"{step.order}-{who.int}", name=f"{step.name}-{who.int}")


@settings(max_examples=100, deadline=None)
@for_all(LIVES)
def test_together_as_one_they_could_spend_what_one_account_could(lives: list[tuple[UUID, Step]]) -> None:
    """Orders and spends of all, sent to whomever, come to what they would come to on one account.

    What is renewed by activity is not among them: each account is active by itself.
    """
    lives = [
        (who, step)
        for who, step in lives
        if step.kind in ("earn", "spend", "timer") and step.terms.inactive_months is None
    ]
    several, one = World(ANNA, BERT, CARL), World(ANNA)
    one.merged = False
    for who in (ANNA, BERT, CARL):
        several.ask(who, Enrol(who))
    now = live(several, lives, [True] * len(lives))
    live(one, [(ANNA, step) for _, step in lives], [False] * len(lives))
    assert net(several.accounts, now) == net(one.accounts, now)
