"""A round of tiers that breaks off anywhere goes on from there: nothing is booked twice, and nobody is left out."""

import asyncio

import pytest
from msgspec import structs

from services.loyalty.adapters import tier_rounds
from services.loyalty.domain.tiers.table import Tier, TierTable
from shared.errors import Conflict
from shared.policies.work import WorkingSet
from tests.loyalty.conftest import Api
from tests.loyalty.test_tier_answers import CLUB
from tests.loyalty.test_tier_rounds import CHEAPER, JUNE, carry_out, club, moves, rounds, tell

__all__ = ["club"]

SILVER = [("tier-changed", "silver", JUNE)]
FAILS = "SELECT $1::text, $2::text, $3::boolean, 1 / 0"
"""Takes what ADVANCE takes, and fails."""


@pytest.fixture
async def due(club: Api) -> Api:
    """The club, whose cheaper table has just come into force."""
    await tell(club, CHEAPER, JUNE)
    club.now = JUNE
    return club


async def reached(api: Api) -> list[tuple[str, bool]]:
    return [(row["after"], row["done"]) for row in await api.pool.fetch("SELECT after, done FROM tier_round")]


async def test_what_was_booked_goes_with_how_far_the_round_has_come_or_neither_is_kept(
    due: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await reached(due)
    with monkeypatch.context() as patched:
        patched.setattr(tier_rounds, "ADVANCE", FAILS)
        with pytest.raises(Exception, match="division by zero"):
            await rounds(due).step()
    assert (await moves(due), await reached(due)) == ([[], [], []], before)
    assert await carry_out(due) == 1
    assert await moves(due) == [SILVER, SILVER, []]


async def test_a_page_that_cant_be_booked_is_taken_again(due: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, lost = WorkingSet.commit, [Conflict(["enrolment-1"]), OSError("the process was killed")]

    async def crash(work: WorkingSet) -> None:
        if lost:
            raise lost.pop(0)
        await commit(work)

    monkeypatch.setattr(WorkingSet, "commit", crash)
    assert await rounds(due).step(), "who loses against an earning looks again"
    with pytest.raises(OSError, match="killed"):
        await rounds(due).step()
    assert await moves(due) == [[], [], []]
    assert await carry_out(due) == 1
    assert await moves(due) == [SILVER, SILVER, []]


async def test_a_table_that_comes_into_force_meanwhile_begins_at_the_first_member_again(
    due: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tier_rounds, "PAGE", 1)
    assert await rounds(due).step()
    assert await rounds(due).step()
    for_ten = structs.replace(CLUB, tiers=TierTable((Tier("member", 0), Tier("silver", 10), Tier("gold", 250))))
    await tell(due, for_ten, JUNE)
    await carry_out(due)
    assert [found[-1][1] for found in await moves(due)] == ["silver", "silver", "silver"]
    assert [done for _, done in await reached(due)] == [True]


async def test_a_page_in_other_hands_is_left_to_them_at_once(due: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier_rounds, "PAGE", 1)
    assert await rounds(due).step()
    async with due.pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM tier_round FOR UPDATE")
        assert not await asyncio.wait_for(rounds(due).step(), 5)
    await carry_out(due)
    assert await moves(due) == [SILVER, SILVER, []]
