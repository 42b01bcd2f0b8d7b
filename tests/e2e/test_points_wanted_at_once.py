"""The points of one member, wanted twenty times at once at two API processes: no point is used twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from shared.stack.postgres import Postgres
from tests.e2e.two_doors import Doors, codes, two_doors

NUMBERS = count(1000)
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.fixture(scope="module")
async def doors(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with two_doors(postgres, tmp_path_factory.mktemp("doors")) as opened:
        yield opened


@pytest.fixture
async def anna(doors: Doors) -> UUID:
    """A member with a hundred points."""
    member = UUID(int=next(NUMBERS))
    await doors.earn(member, 100)
    return member


async def others(doors: Doors, number: int) -> list[UUID]:
    """Members without a point."""
    found = [UUID(int=next(NUMBERS)) for _ in range(number)]
    for member in found:
        await doors.must("PUT", f"members/{member}")
    return found


def gift(giver: UUID, name: str, to: UUID, points: int) -> tuple[str, dict[str, Any]]:
    return f"members/{giver}/transfers", {"transfer_id": name, "to": str(to), "points": points, "reason": "x"}


def hold(member: UUID, name: str, points: int) -> tuple[str, dict[str, Any]]:
    return f"members/{member}/holds", {"hold_id": name, "points": points, "reason": "x", "until": SOON}


def spend(member: UUID, name: str, points: int) -> tuple[str, dict[str, Any]]:
    return f"members/{member}/spends", {"spend_id": name, "points": points, "reason": "x"}


def end(member: UUID, name: str, how: str) -> tuple[str, dict[str, Any]]:
    return f"members/{member}/holds/{name}/{how}", {}


async def test_of_twenty_gifts_of_the_whole_balance_one_is_made(doors: Doors, anna: UUID) -> None:
    friends = await others(doors, 20)
    answers = await doors.at_once(*(gift(anna, f"g{at}", friend, 100) for at, friend in enumerate(friends)))
    assert codes(answers) == {"done": 1, "balance-too-low": 19}
    balances = [(await doors.balance(member))["balance"] for member in (anna, *friends)]
    assert sorted(balances) == [0] * 20 + [100]
    assert balances[0] == 0


async def test_one_gift_asked_for_twenty_times_at_both_doors_is_given_once(doors: Doors, anna: UUID) -> None:
    (bert,) = await others(doors, 1)
    answers = await doors.at_once(*[gift(anna, "g1", bert, 30)] * 20)
    assert codes(answers) == {"done": 1, "again": 19}
    assert [(await doors.balance(member))["balance"] for member in (anna, bert)] == [70, 30]


async def test_gifts_to_and_fro_at_both_doors_lose_nothing(doors: Doors, anna: UUID) -> None:
    bert = UUID(int=next(NUMBERS))
    await doors.earn(bert, 100)
    to = (gift(anna, f"to{place}", bert, 7) for place in range(10))
    fro = (gift(bert, f"fro{place}", anna, 9) for place in range(10))
    assert codes(await doors.at_once(*(wanted for pair in zip(to, fro, strict=True) for wanted in pair))) == {
        "done": 20
    }
    assert [(await doors.balance(member))["balance"] for member in (anna, bert)] == [120, 80]


async def test_twenty_holds_never_exceed_the_balance(doors: Doors, anna: UUID) -> None:
    answers = await doors.at_once(*(hold(anna, f"h{place}", 30) for place in range(20)))
    assert codes(answers) == {"done": 3, "balance-too-low": 17}
    for door in (0, 1):
        found = await doors.balance(anna, door)
        assert (found["balance"], found["held"]) == (10, 90)


async def test_a_hold_that_is_captured_and_released_at_once_ends_in_one_way(doors: Doors, anna: UUID) -> None:
    assert codes(await doors.at_once(hold(anna, "h1", 60))) == {"done": 1}
    answers = await doors.at_once(*(end(anna, "h1", ("capture", "release")[place // 2 % 2]) for place in range(20)))
    found = codes(answers)
    assert found["done"] == 1
    captured = (await doors.balance(anna))["balance"] == 40
    # Who comes after it is told so: that it is done already, or that it ended the other way.
    assert found == {"done": 1, "again": 9, "hold-captured" if captured else "hold-over": 10}
    assert (await doors.balance(anna))["balance"] in (40, 100)
    assert (await doors.balance(anna))["held"] == 0


async def test_spends_holds_and_gifts_at_once_take_no_point_twice(doors: Doors, anna: UUID) -> None:
    (bert,) = await others(doors, 1)
    wanted = [
        (spend(anna, f"s{at}", 15), hold(anna, f"h{at}", 15), gift(anna, f"g{at}", bert, 15))[at // 2 % 3]
        for at in range(20)
    ]
    answers = await doors.at_once(*wanted)
    assert codes(answers) == {"done": 6, "balance-too-low": 14}
    made = [path.rpartition("/")[2] for (path, _), answer in zip(wanted, answers, strict=True) if answer.is_success]
    mine, theirs = await doors.balance(anna), await doors.balance(bert)
    assert (mine["balance"], mine["held"]) == (10, 15 * made.count("holds"))
    assert theirs["balance"] == 15 * made.count("transfers")
    lots = (await doors.clients[0].get(f"/v1/members/{anna}/lots")).json()["lots"]
    assert [lot["spent"] for lot in lots] == [15 * made.count("spends")]
