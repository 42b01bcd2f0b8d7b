"""The ledger: every command that the load began, every attempt at it, and what is known of its outcome."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Outcome(StrEnum):
    """What the client knows: nothing yet, yes with an answer, no with a problem, or that it can't tell."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Effect(Struct, frozen=True):
    """The one event by which the command is known in the log: of these types, with this value in this field.

    The field `stream` stands for the event's stream; every other one is looked up in its data.
    An event of a type in `at_first` may be all that the answer knows of: the effect then follows it.
    """

    service: str
    types: tuple[str, ...]
    field: str
    value: str
    at_first: tuple[str, ...] = ()


class Attempt(Struct):
    """One time that the command was sent: to whom, when (the deployment's clock), and what came of it."""

    door: str
    begun: float
    ended: float
    said: str


class Entry(Struct):
    """One command. `method` is empty where it goes through Kafka; `key` is its Idempotency-Key, and unique."""

    key: str
    kind: str
    service: str
    method: str
    path: str
    body: Any
    effect: Effect
    to_be_parked: bool = False
    outcome: Outcome = Outcome.OPEN
    attempts: list[Attempt] = []
    answer: str = ""
    stream: str | None = None
    version: int | None = None

    @property
    def began(self) -> float:
        """When it was sent for the first time."""
        return self.attempts[0].begun if self.attempts else float("inf")

    @property
    def known_at(self) -> float:
        """When the last attempt ended."""
        return self.attempts[-1].ended if self.attempts else float("inf")

    def settle(self, outcome: Outcome, answer: str = "", *, final: bool = False) -> None:
        """Note an outcome.

        After an attempt of which nothing is known a refusal tells nothing: that
        attempt may still arrive. Only when everything has come to rest is it `final`.
        """
        doubtful = self.outcome is Outcome.UNKNOWN and outcome is Outcome.REFUSED and not final
        self.outcome = Outcome.UNKNOWN if doubtful else outcome
        self.answer = answer


class Ledger:
    """All entries of a run, in the order in which they were begun."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.doubted: set[str] = set()
        """Keys of commands whose outcome was unknown at some time."""

    def begin(self, entry: Entry) -> None:
        """Take in a command that is about to be sent."""
        self.entries.append(entry)

    def counts(self, first: int = 0) -> Counter[Outcome]:
        """Return how many commands there are by outcome, from number `first` on."""
        return Counter(entry.outcome for entry in self.entries[first:])

    def with_outcome(self, *outcomes: Outcome) -> Sequence[Entry]:
        """Return the commands of these outcomes, in order."""
        return [entry for entry in self.entries if entry.outcome in outcomes]
