"""Consequences: what follows in another service from an event, or in time from a deadline, followed once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from tests.faults.checks.logs import Told
from tests.faults.facts import Event, Facts
from tests.faults.finding import Finding, Kind


class Chain(NamedTuple):
    """From an event of `type` in `source` follows, in `target`, exactly one event of `follows`.

    `cause` gives the name that both have in common, of the first event; None where nothing follows from it.
    In the second event it stands in the field `named`.
    """

    source: str
    type: str
    cause: Callable[[Event], str | None]
    target: str
    follows: tuple[str, ...]
    named: str


def _customer(event: Event) -> str | None:
    return event.subject


def _order(event: Event) -> str | None:
    return str(msgspec.json.decode(event.data)["order_id"])


def _complaint(event: Event) -> str | None:
    return event.stream if msgspec.json.decode(event.data)["topic"] == "complaint" else None


CHAINS = (
    Chain("contact", "customer-registered", _customer, "loyalty", ("member-enrolled",), "customer_id"),
    Chain("contact", "purchase-recorded", _order, "loyalty", ("points-earned", "nothing-earned"), "order_id"),
    Chain("contact", "interaction-recorded", _complaint, "tickets", ("complaint-opened",), "touchpoint"),
)

ONCE = {"acknowledgement-warned", "acknowledgement-breached", "promise-warned", "promise-breached", "promise-kept"}
"""Events of tickets that a deadline makes: of each ticket and promise there may be one."""


def check_chains(facts: Facts) -> Iterator[Finding]:
    """Look whether each event of one service had its consequence in the other, once."""
    told = Told(facts)
    for chain in CHAINS:
        followed: dict[str, list[Event]] = defaultdict(list)
        for event in facts.services[chain.target].events:
            if event.type in chain.follows:
                followed[str(msgspec.json.decode(event.data)[chain.named])].append(event)
        for event in facts.services[chain.source].events:
            name = chain.cause(event) if event.type == chain.type else None
            effects = followed.get(name or "", [])
            if name is not None and len(effects) != 1:
                said = f"{chain.target} has {len(effects)} {' or '.join(chain.follows)} that follow from {event.id}"
                seen = [f"{chain.target}'s log has {effect.id} ({effect.type})" for effect in effects]
                yield Finding(Kind.DOUBLED if effects else Kind.LOST, said, told([event], seen))


def check_deadlines(facts: Facts) -> Iterator[Finding]:
    """Look whether a deadline took effect twice."""
    told = Told(facts)
    made: Counter[tuple[str, str, str]] = Counter()
    last: dict[tuple[str, str, str], Event] = {}
    for event in facts.services["tickets"].events:
        if event.type in ONCE:
            name = event.stream, event.type, str(msgspec.json.decode(event.data).get("promise_id"))
            made[name] += 1
            last[name] = event
    for name, count in made.items():
        if count > 1:
            said = f"tickets: {name[1]} of {name[0]} happened {count} times"
            yield Finding(Kind.DOUBLED, said, told([last[name]], ()))
