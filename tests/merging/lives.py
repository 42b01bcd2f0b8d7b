"""Lives of a few customers, at random: what they buy, give back, complain about; and merges that are all undone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from .world import World

PEOPLE = [UUID(int=number) for number in range(0xA1, 0xA6)]
RUN = UUID(int=0xF1)


@dataclass(frozen=True)
class Step:
    """One call of an API; `merging` calls are left out of a life without merges."""

    service: str
    method: str
    path: str
    body: Any
    merging: bool = False


def life(dice: random.Random, length: int) -> Sequence[Step]:
    """Return a life in which everything that is merged is undone again."""
    steps = [
        Step("contact", "PUT", f"/v1/customers/{person}", {"source": "shop", "channel": "web"}) for person in PEOPLE
    ]
    parents: dict[UUID, UUID] = {}
    bought: list[tuple[str, UUID, int]] = []

    def root(person: UUID) -> UUID:
        while person in parents:
            person = parents[person]
        return person

    for number in range(length):
        person, other = dice.choice(PEOPLE), dice.choice(PEOPLE)
        match dice.randrange(9):
            case 0 | 1 if person not in parents and root(other) != person:
                parents[person] = other
                steps.append(_merge(person, other))
            case 2 if person in parents:
                del parents[person]
                steps.append(_undo(person))
            case 3 if bought:
                order, buyer, cents = bought.pop(dice.randrange(len(bought)))
                part = {"order_id": order, "amount": f"{cents // 2 / 100:.2f}", "currency": "EUR"}
                steps.append(_touchpoint("refund", f"r{number}", buyer, number, part))
            case 4 | 5:
                part = {"direction": "inbound", "topic": dice.choice(["complaint", "question"])}
                steps.append(_touchpoint("interaction", f"i{number}", person, number, part))
            case 6:
                ticket = {"customer_id": str(person), "summary": "It broke.", "severity": "high"}
                steps.append(Step("tickets", "PUT", f"/v1/tickets/{UUID(int=number + 0x1000)}", ticket))
            case _:
                cents = dice.randrange(100, 9000)
                bought.append((f"o{number}", person, cents))
                part = {"amount": f"{cents / 100:.2f}", "currency": dice.choice(["EUR", "EUR", "USD"])}
                if part["currency"] == "USD":
                    bought.pop()
                steps.append(_touchpoint("purchase", f"o{number}", person, number, part))
    return [*steps, *(_undo(person) for person in dice.sample(list(parents), len(parents)))]


async def live(rapport: World, steps: Sequence[Step], *, merging: bool) -> None:
    """Go through the steps while events arrive in any order; without `merging`, those of merging only take time."""
    held: dict[str, str] = {}
    for step in steps:
        if step.merging and not merging:
            rapport.tick()
        else:
            path = step.path.format_map(held)
            answered = await rapport.ask(step.service, step.method, path, step.body)
            assert answered.status_code in (200, 201), answered.text
            if step.merging and path.endswith("/merges"):
                held[answered.json()["customer_id"]] = answered.json()["merge_id"]
        if rapport.dice.random() < 0.5:
            await rapport.some()
    await rapport.all()
    await rapport.score(RUN)


def _merge(person: UUID, into: UUID) -> Step:
    body = {"into": str(into), "evidence": [{"kind": "judged"}]}
    return Step("contact", "POST", f"/v1/customers/{person}/merges", body, merging=True)


def _undo(person: UUID) -> Step:
    path = f"/v1/customers/{person}/merges/{{{person}}}/undo"
    return Step("contact", "POST", path, {"reason": "different-people"}, merging=True)


def _touchpoint(kind: str, name: str, person: UUID, number: int, part: Any) -> Step:
    body = {
        "kind": kind,
        "source": "shop",
        "id": name,
        "channel": "call" if kind == "interaction" else "web",
        "occurred_at": f"2025-12-0{1 + number % 5}T{number % 24:02}:00:00Z",
        "customer_id": str(person),
        "identifiers": [{"type": "shop-customer", "value": str(person)}],
        kind: part,
    }
    return Step("contact", "POST", "/v1/touchpoints", body)
