"""A household pool: who may come, who may go, and who has the points then."""

from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.loyalty.domain.pools.commands import (
    Command,
    CreatePool,
    EndInvitation,
    InviteToPool,
    JoinPool,
    LeavePool,
)
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.events import (
    Event,
    Leaving,
    PoolClosed,
    PoolCreated,
    PoolInvitationEnded,
    PoolInvited,
    PoolJoined,
    PoolLeft,
)
from services.loyalty.domain.pools.pool import Pool
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day

CLEO, DORA = UUID(int=3), UUID(int=4)
CREATED = PoolCreated("p1", ANNA, Leaving.TAKE, 3)
LEAVES_THEM = PoolCreated("p1", ANNA, Leaving.LEAVE, 3)
CREATE = CreatePool("p1", ANNA, Leaving.TAKE, 3)
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
    given(POOL, CREATED).when(CreatePool("p1", BERT, Leaving.TAKE, 3)).then_rejected("pool-exists")
    given(POOL, CREATED).when(CreatePool("p1", ANNA, Leaving.LEAVE, 3)).then_rejected("pool-exists")


@pytest.mark.parametrize("most", [0, 1, 21])
def test_a_pool_for_nobody_or_for_one_alone_is_none(most: int) -> None:
    given(POOL).when(CreatePool("p1", ANNA, most=most)).then_rejected("pool-size")


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


WHO = st.sampled_from([ANNA, BERT, CLEO, DORA])
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(lambda who, until, by: invite(who, until, by), WHO, st.integers(1, 9), WHO),
    st.builds(lambda by, who: EndInvitation("p1", by, who), WHO, WHO),
    st.builds(lambda by, at: JoinPool("p1", by, day(at)), WHO, st.integers(0, 9)),
    st.builds(lambda by, who: LeavePool("p1", by, who), WHO, WHO),
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
        if not pool.closed:
            assert POOL.decide(command, pool) == ()
