"""What other services tell loyalty, and a programme that follows it, for the tests of its policies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.policies.judging import Judging, Promised
from services.loyalty.policies.occasions import occasions
from services.loyalty.policies.purchases import purchases
from services.loyalty.policies.redress import redress
from services.loyalty.policies.segments import segments
from shared.policies.policy import EventPolicy
from shared.policies.work import WorkingSet
from shared.store.contract import Context, EventStore, Recorded
from tests.loyalty.loyalty_facts import ANNA, day


def policies() -> dict[str, EventPolicy]:
    """What reads each service, as in a process that was just started."""
    return {
        "contact": purchases(Promised(programme="shop")),
        "tickets": redress(Judging(Promised(programme="shop"))),
        "scoring": segments(Judging(Promised(programme="shop"))),
        "loyalty": occasions(Judging(Promised(programme="shop"))),
    }


def told(service: str, event: Any, at: datetime, version: int = 1, who: UUID = ANNA) -> Recorded:
    """An event as a service's topic brings it."""
    nothing = cast("Any", None)
    stream = f"of-{service}-{type(event).__name__}"
    return Recorded(service, stream, version, 1, 0, str(who), "x", 1, event, nothing, at, at, {})


async def publish(store: EventStore, document: Document, since: datetime) -> None:
    """Publish the programme's next version, which counts from then on."""
    work, stream = WorkingSet(store, since), PROGRAMME.stream("shop")
    await work.load([stream])
    work.handle(PROGRAMME, stream, Publish(document, since, since), subject=stream, context=Context(since, since))
    await work.commit()


async def follow(store: EventStore, *events: Recorded, now: datetime | None = None) -> None:
    """Give each event to the policy of its service, each in a batch of its own, as Kafka brings them."""
    reading = policies()
    for event in events:
        policy, work = reading[event.service], WorkingSet(store, now or day(60))
        await work.load(policy.needs(event))
        await work.decide(policy.react, work, event)
        await work.commit()


async def account(store: EventStore, who: UUID = ANNA) -> Account:
    return ACCOUNT.fold(item.event for item in await store.read(ACCOUNT.stream(who)))


def by_rule(one: Account) -> dict[str, int]:
    """Return the points that each rule gave and that are still there."""
    found: dict[str, int] = {}
    for lot in one.lots.values():
        found[lot.rule] = found.get(lot.rule, 0) + lot.left
    return {rule: points for rule, points in sorted(found.items()) if points}


async def own(store: EventStore, stream: str, kinds: Sequence[type[Any]]) -> list[Recorded]:
    """Return a stream's own events of these kinds, as loyalty's topic brings them."""
    return [item for item in await store.read(stream) if isinstance(item.event, tuple(kinds))]
