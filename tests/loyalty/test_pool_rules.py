"""A household pool: who may come, who may go, and who has the points then."""

from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.loyalty.domain.pools.commands import (
    Command,
    CreatePool,
    DissolvePool,
    EndInvitation,
    InviteToPool,
    JoinPool,
    LeavePool,
    NoteReversal,
    NoteSpend,
)
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.events import (
    Event,
    PoolClosed,
    PoolCreated,
    PoolInvitationEnded,
    PoolInvited,
    PoolJoined,
    PoolLeft,
    PoolSpendReversed,
    PoolSpent,
)
from services.loyalty.domain.pools.household import HOUSEHOLD, Enter, HouseholdEntered, HouseholdLeft, Leave
from services.loyalty.domain.pools.pool import Pool
from services.loyalty.domain.pools.rules import Leaving, PoolRules, Spenders, faults
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day
from tests.loyalty.told_faults import places

CLEO, DORA = UUID(int=3), UUID(int=4)
CREATED = PoolCreated("p1", ANNA, Leaving.TAKE, 3)
LEAVES_THEM = PoolCreated("p1", ANNA, Leaving.LEAVE, 3)
CREATE = CreatePool("p1", ANNA, PoolRules(3))
OWNERS_ONLY = PoolCreated("p1", ANNA, Leaving.TAKE, 3, Spenders.OWNER)
BERT_INVITED = PoolInvited("p1", BERT, day(7))
BERT_JOINED = PoolJoined("p1", BERT)


def invite(who: UUID, until: float = 7, by: UUID = ANNA, now: float = 0) -> InviteToPool:
    return InviteToPool("p1", by, who, day(until), day(now))


def test_who_opens_a_pool_is_its_owner_and_its_first_member() -> None:
    given(POOL).when(CREATE).then(CREATED)
    pool = POOL.fold([CREATED])
    assert (pool.owner, pool.members) == (ANNA, (ANNA,))


def test_the_same_pool_again_is_quiet_and_another_of_its_id_is_refused() -> None:
    given(POOL, CREATED).when(CREATE).then_nothing()
    given(POOL, CREATED).when(CreatePool("p1", BERT, PoolRules(3))).then_rejected("pool-exists")


def test_a_pool_keeps_the_rules_that_it_was_opened_under() -> None:
    given(POOL, CREATED).when(CreatePool("p1", ANNA, PoolRules(5, Leaving.LEAVE))).then_nothing()
    given(POOL).when(CreatePool("p1", ANNA, PoolRules(5, Leaving.LEAVE, Spenders.OWNER))).then(
        PoolCreated("p1", ANNA, Leaving.LEAVE, 5, Spenders.OWNER)
    )


def test_a_programme_without_pools_opens_none() -> None:
    given(POOL).when(CreatePool("p1", ANNA, None)).then_rejected("pools-not-offered")


@pytest.mark.parametrize("most", [0, 1, 21])
def test_a_pool_for_nobody_or_for_one_alone_is_none(most: int) -> None:
    assert places(faults(PoolRules(most))) == ["/most"]
    assert [*faults(PoolRules(2)), *faults(PoolRules(20))] == []


@pytest.mark.parametrize("days", [0, 367])
def test_an_invitation_stands_for_a_day_at_least_and_a_year_at_most(days: int) -> None:
    assert places(faults(PoolRules(invitation_days=days))) == ["/invitation_days"]
    assert [*faults(PoolRules(invitation_days=1)), *faults(PoolRules(invitation_days=366))] == []


def test_the_owner_alone_invites() -> None:
    given(POOL, CREATED).when(invite(BERT)).then(BERT_INVITED)
    given(POOL, CREATED, BERT_INVITED).when(invite(BERT)).then_nothing()
    given(POOL, CREATED, BERT_INVITED).when(invite(BERT, 8)).then(PoolInvited("p1", BERT, day(8)))
    given(POOL, CREATED, BERT_INVITED, BERT_JOINED).when(invite(CLEO, by=BERT)).then_rejected("not-the-owner")


def test_an_invitation_that_is_over_before_it_begins_is_refused() -> None:
    given(POOL, CREATED).when(invite(BERT, until=1, now=1)).then_rejected("invitation-over")


def test_a_pool_has_no_more_room_than_it_has_with_those_who_are_invited() -> None:
    full = given(POOL, CREATED, BERT_INVITED, PoolInvited("p1", CLEO, day(7)))
    full.when(invite(DORA)).then_rejected("pool-full")
    full.when(invite(DORA, 20, now=7)).then(PoolInvited("p1", DORA, day(20)))


def test_who_is_invited_joins_until_before_the_end() -> None:
    given(POOL, CREATED, BERT_INVITED).when(JoinPool("p1", BERT, day(6.9))).then(BERT_JOINED)
    given(POOL, CREATED, BERT_INVITED).when(JoinPool("p1", BERT, day(7))).then_rejected("not-invited")
    given(POOL, CREATED).when(JoinPool("p1", BERT, NOW)).then_rejected("not-invited")
    given(POOL, CREATED, BERT_INVITED, BERT_JOINED).when(JoinPool("p1", BERT, day(30))).then_nothing()


def test_who_joined_needs_another_invitation_to_come_back() -> None:
    history = (CREATED, BERT_INVITED, BERT_JOINED, PoolLeft("p1", BERT))
    given(POOL, *history).when(JoinPool("p1", BERT, day(1))).then_rejected("not-invited")


def test_an_invitation_is_declined_by_who_has_it_or_withdrawn_by_the_owner() -> None:
    ended = PoolInvitationEnded("p1", BERT)
    for by in (ANNA, BERT):
        given(POOL, CREATED, BERT_INVITED).when(EndInvitation("p1", by, BERT)).then(ended)
    given(POOL, CREATED, BERT_INVITED).when(EndInvitation("p1", CLEO, BERT)).then_rejected("not-the-owner")
    given(POOL, CREATED, BERT_INVITED, ended).when(EndInvitation("p1", BERT, BERT)).then_nothing()


def test_who_leaves_takes_their_points_along_or_leaves_them_to_the_owner_as_the_pool_says() -> None:
    given(POOL, CREATED, BERT_INVITED, BERT_JOINED).when(LeavePool("p1", BERT, BERT)).then(PoolLeft("p1", BERT))
    given(POOL, LEAVES_THEM, BERT_INVITED, BERT_JOINED).when(LeavePool("p1", BERT, BERT)).then(
        PoolLeft("p1", BERT, heir=ANNA)
    )


def test_who_leaves_keeps_their_points_where_nobody_can_take_them() -> None:
    given(POOL, LEAVES_THEM, BERT_INVITED, BERT_JOINED).when(LeavePool("p1", BERT, BERT, keeps=True)).then(
        PoolLeft("p1", BERT)
    )


def test_the_owner_may_let_others_go_and_nobody_else_may() -> None:
    three = (CREATED, BERT_INVITED, BERT_JOINED, PoolInvited("p1", CLEO, day(7)), PoolJoined("p1", CLEO))
    given(POOL, *three).when(LeavePool("p1", ANNA, BERT)).then(PoolLeft("p1", BERT))
    given(POOL, *three).when(LeavePool("p1", BERT, CLEO)).then_rejected("not-the-owner")
    given(POOL, *three).when(LeavePool("p1", ANNA, DORA)).then_nothing()


def test_an_owner_who_leaves_hands_over_to_whoever_came_next() -> None:
    given(POOL, LEAVES_THEM, BERT_INVITED, BERT_JOINED).when(LeavePool("p1", ANNA, ANNA)).then(
        PoolLeft("p1", ANNA, heir=BERT, next_owner=BERT)
    )
    pool = POOL.fold([LEAVES_THEM, BERT_INVITED, BERT_JOINED, PoolLeft("p1", ANNA, BERT, BERT)])
    assert (pool.owner, pool.members) == (BERT, (BERT,))


def test_the_last_one_who_leaves_closes_the_pool_and_keeps_everything() -> None:
    closed = (LEAVES_THEM, PoolLeft("p1", ANNA), PoolClosed("p1"))
    given(POOL, LEAVES_THEM).when(LeavePool("p1", ANNA, ANNA)).then(*closed[1:])
    given(POOL, *closed).when(invite(BERT)).then_rejected("pool-closed")
    given(POOL, *closed).when(JoinPool("p1", BERT, NOW)).then_rejected("pool-closed")


def test_nothing_can_be_asked_of_a_pool_that_is_not_there() -> None:
    for command in (invite(BERT), JoinPool("p1", BERT, NOW), LeavePool("p1", ANNA, ANNA)):
        given(POOL).when(command).then_rejected("pool-unknown")


def test_the_owner_dissolves_the_pool_and_gains_nothing_by_it() -> None:
    two = given(POOL, LEAVES_THEM, BERT_INVITED, BERT_JOINED)
    two.when(DissolvePool("p1", BERT)).then_rejected("not-the-owner")
    gone = (PoolLeft("p1", ANNA), PoolLeft("p1", BERT), PoolClosed("p1"))
    two.when(DissolvePool("p1", ANNA)).then(*gone)
    given(POOL, LEAVES_THEM, BERT_INVITED, BERT_JOINED, *gone).when(DissolvePool("p1", ANNA)).then_nothing()


SPENT = PoolSpent("p1", BERT, "s1", 60, "points", {str(ANNA): 50, str(BERT): 10})
SPEND = NoteSpend("p1", BERT, "s1", 60, "points", SPENT.parts)


def test_a_spend_counts_once_and_another_of_its_id_is_refused() -> None:
    two = (CREATED, BERT_INVITED, BERT_JOINED)
    given(POOL, *two).when(SPEND).then(SPENT)
    given(POOL, *two, SPENT).when(SPEND).then_nothing()
    for points, currency in ((61, "points"), (60, "miles")):
        other = NoteSpend("p1", BERT, "s1", points, currency, {})
        given(POOL, *two, SPENT).when(other).then_rejected("spend-differs")


def test_only_members_spend_and_by_the_pools_rule_its_owner_alone() -> None:
    given(POOL, CREATED, BERT_INVITED).when(SPEND).then_rejected("not-in-the-pool")
    given(POOL, OWNERS_ONLY, BERT_INVITED, BERT_JOINED).when(SPEND).then_rejected("not-the-owner")
    own = NoteSpend("p1", ANNA, "s1", 60, "points", {})
    given(POOL, OWNERS_ONLY, BERT_INVITED, BERT_JOINED).when(own).then(PoolSpent("p1", ANNA, "s1", 60, "points", {}))


def test_nothing_is_spent_from_a_closed_pool_and_what_was_spent_can_be_taken_back() -> None:
    closed = (CREATED, BERT_INVITED, BERT_JOINED, SPENT, PoolLeft("p1", ANNA), PoolLeft("p1", BERT), PoolClosed("p1"))
    another = NoteSpend("p1", BERT, "s2", 60, "points", {})
    given(POOL, *closed).when(another).then_rejected("pool-closed")
    given(POOL, *closed).when(NoteReversal("p1", BERT, "s1")).then(PoolSpendReversed("p1", "s1", 60, "points"))


def test_a_spend_is_taken_back_once_by_who_made_it_or_by_the_owner() -> None:
    back = PoolSpendReversed("p1", "s1", 60, "points")
    two = (CREATED, BERT_INVITED, BERT_JOINED, SPENT)
    for by in (ANNA, BERT):
        given(POOL, *two).when(NoteReversal("p1", by, "s1")).then(back)
    given(POOL, *two).when(NoteReversal("p1", CLEO, "s1")).then_rejected("not-the-spender")
    given(POOL, *two, back).when(NoteReversal("p1", BERT, "s1")).then_nothing()
    given(POOL, *two).when(NoteReversal("p1", BERT, "s9")).then_rejected("spend-unknown")


def test_a_customer_is_in_one_pool_at_a_time() -> None:
    entered = HouseholdEntered(ANNA, "p1")
    given(HOUSEHOLD).when(Enter(ANNA, "p1")).then(entered)
    given(HOUSEHOLD, entered).when(Enter(ANNA, "p1")).then_nothing()
    given(HOUSEHOLD, entered).when(Enter(ANNA, "p2")).then_rejected("in-another-pool")
    given(HOUSEHOLD, entered).when(Leave(ANNA, "p2")).then_nothing()
    left = HouseholdLeft(ANNA, "p1")
    given(HOUSEHOLD, entered).when(Leave(ANNA, "p1")).then(left)
    given(HOUSEHOLD, entered, left).when(Enter(ANNA, "p2")).then(HouseholdEntered(ANNA, "p2"))
    given(HOUSEHOLD).when(Leave(ANNA, "p1")).then_nothing()


WHO = st.sampled_from([ANNA, BERT, CLEO, DORA])
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(lambda who, until, by: invite(who, until, by), WHO, st.integers(1, 9), WHO),
    st.builds(lambda by, who: EndInvitation("p1", by, who), WHO, WHO),
    st.builds(lambda by, at: JoinPool("p1", by, day(at)), WHO, st.integers(0, 9)),
    st.builds(lambda by, who, keeps: LeavePool("p1", by, who, keeps), WHO, WHO, st.booleans()),
    st.builds(lambda by: DissolvePool("p1", by), WHO),
)


@for_all(st.lists(COMMANDS, max_size=25))
def test_a_pool_always_has_an_owner_among_its_members_until_it_is_closed_and_never_too_many(
    commands: list[Command],
) -> None:
    history: list[Event] = [CREATED]
    for command in commands:
        try:
            history += POOL.decide(command, POOL.fold(history))
        except Rejected:
            continue
        pool: Pool = POOL.fold(history)
        assert pool.closed == (not pool.members)
        assert pool.closed or pool.owner in pool.members
        assert len(set(pool.members)) == len(pool.members) <= pool.most
        assert not pool.closed or not pool.invited
        if not pool.closed:
            assert POOL.decide(command, pool) == ()
