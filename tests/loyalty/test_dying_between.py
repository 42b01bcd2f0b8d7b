"""A process dies before or after it has stored a step of a pool or a limit: all of it counts or nothing, and once."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from shared.store.contract import Append
from shared.store.postgres import PostgresEventStore
from tests.loyalty.conduct import CLEO, Conduct
from tests.loyalty.loyalty_facts import ANNA, BERT

LIMITS: dict[str, Any] = {
    "velocity": [
        {"kind": "earning", "hours": 24, "most_acts": 1},
        {"kind": "transfer", "hours": 24, "most_acts": 0, "outcome": "refuse"},
    ]
}
SUSPICION = {"kind": "earning", "act_id": "shop:o2", "reason": "a wedding"}

Step = Callable[[Conduct], Awaitable[httpx.Response]]

STEPS: dict[str, tuple[Step, str]] = {
    "create": (lambda home: home.create(CLEO, "p2"), "pool household"),
    "invite": (lambda home: home.post("pools/p1/invitations", customer_id=str(UUID(int=9))), "pool"),
    "join": (lambda home: home.post(f"pools/p1/invitations/{CLEO}/acceptance"), "pool household"),
    "decline": (lambda home: home.post(f"pools/p1/invitations/{CLEO}/end"), "pool"),
    "leave": (lambda home: home.post(f"pools/p1/members/{BERT}/departure"), "pool household account"),
    "dissolve": (lambda home: home.post("pools/p1/dissolution"), "pool household"),
    "spend": (lambda home: home.share(60, "s2"), "pool account"),
    "take back": (lambda home: home.post("pools/p1/spends/s1/reversal"), "pool account"),
    "suspect": (lambda home: home.earn("o3", "5"), "account watch"),
    "refuse": (lambda home: home.give(5), "watch"),
    "clear": (lambda home: home.post(f"members/{ANNA}/reviews", cleared=True, **SUSPICION), "watch account"),
    "confirm": (lambda home: home.post(f"members/{ANNA}/reviews", cleared=False, **SUSPICION), "watch account"),
    "block": (lambda home: home.post(f"members/{BERT}/block", reason="a stolen card"), "watch account"),
    "unblock": (lambda home: home.post(f"members/{CLEO}/unblock", reason="found"), "watch account"),
}
"""What is asked, and which kinds of streams it writes, all of them by its one append."""

REFUSED = {"refuse"}
"""What is answered 409 each time, and told once."""


class Died(Exception):
    """The process is gone."""


class Mortal:
    """A process that dies at its next append, before it or after it, where it is told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dies = ""
        self.appends = 0
        append = PostgresEventStore.append

        async def dying(store: PostgresEventStore, *appends: Append, once: Any = None) -> Sequence[int]:
            dies, self.dies = self.dies, ""
            self.appends += 1
            if dies == "before":
                raise Died
            versions = await append(store, *appends, once=once)
            if dies == "after":
                raise Died
            return versions

        monkeypatch.setattr(PostgresEventStore, "append", dying)


@pytest.fixture
async def home(pool: asyncpg.Pool) -> Conduct:
    """A pool of Anna and Bert, who has spent from it, to which Cleo is invited, who is blocked; Anna is suspected."""
    home = Conduct(pool)
    await home.run(pools={"most": 5, "leaving": "leave"}, abuse=LIMITS)
    for order, points, who in (("o1", "50", ANNA), ("o1", "60", BERT), ("o1", "10", CLEO), ("o2", "5", ANNA)):
        assert (await home.earn(order, points, who)).status_code == 201
    await home.create()
    await home.join()
    await home.post("pools/p1/invitations", customer_id=str(CLEO))
    assert (await home.share(20)).status_code == 201
    return home


async def told(home: Conduct) -> Counter[str]:
    """Return what the log holds: each stream's events by their types."""
    log: Counter[str] = Counter()
    for stream in await home.streams(""):
        log.update(f"{stream} {item.type}" for item in await home.store.read(stream))
    return log


@pytest.mark.parametrize("dies", ["before", "after"])
@pytest.mark.parametrize("name", STEPS)
async def test_a_step_is_stored_by_one_append_and_counts_once_however_often_it_is_asked_again(
    home: Conduct, monkeypatch: pytest.MonkeyPatch, name: str, dies: str
) -> None:
    step, writes = STEPS[name]
    if name == "unblock":
        await home.post(f"members/{CLEO}/block", reason="a stolen card")
    before, mortal = await told(home), Mortal(monkeypatch)
    mortal.dies = dies
    assert (await step(home)).status_code == 500
    stored = await told(home) - before
    assert mortal.appends == 1
    assert {stream.partition("-")[0] for stream in stored} == ({*writes.split()} if dies == "after" else set())
    again = await step(home)
    done = await told(home)
    assert done != before
    assert again.status_code == (409 if name in REFUSED else 201 if dies == "before" else 200)
    assert (await step(home)).status_code == (409 if name in REFUSED else 200)
    assert await told(home) == done
