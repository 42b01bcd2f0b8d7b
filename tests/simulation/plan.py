"""What happens in one history, drawn from its seed: commands, faults and their times; plain data that can shrink."""

from random import Random

from msgspec import Struct

STREAMS = (("ann-1", "ann"), ("ann-2", "ann"), ("bob-1", "bob"))
"""Streams and their subjects: a subject's streams share a partition, and a row of a view."""

APIS = ("api-0", "api-1")
WORKERS = ("worker-0", "worker-1")
SECONDS = 0.03
"""Commands and faults come within this time."""


class Command(Struct, frozen=True):
    """A note to be made. `guarded`: under If-Match of what its client reads first.

    `again`: asked once more, after; `twice`: asked by two requests at once, as proxies and impatient people do.
    """

    at: float
    stream: str
    subject: str
    word: str
    guarded: bool = False
    again: bool = False
    twice: bool = False


class Fault(Struct, frozen=True):
    """Something that goes wrong: `kind` and, as far as they mean something to it, whom, for how long, how many."""

    at: float
    kind: str
    who: str = ""
    seconds: float = 0.0
    count: int = 1

    def told(self) -> str:
        """Return it in words."""
        who = f" {self.who}" if self.who else ""
        seconds = f" for {self.seconds:.2f} s" if self.seconds else ""
        return f"{self.kind}{who}{seconds}{f' ({self.count})' if self.count > 1 else ''}"


class Plan(Struct, frozen=True):
    """One history: the seed draws what isn't said here, such as how long each call takes."""

    seed: int
    commands: tuple[Command, ...]
    faults: tuple[Fault, ...]
    mended_at: float | None
    lying_lock: bool
    relay_batch: int
    swiftness: float
    view: str | None
    policy: bool


def draw(seed: int) -> Plan:
    """Return the plan of a seed."""
    chance = Random(seed)
    poisoned = chance.random() < 0.3
    commands = tuple(_command(chance, number, poisoned) for number in range(chance.randint(2, 5)))
    view = chance.choice(("by-stream", "by-subject", None))
    faults = tuple(sorted((_fault(chance) for _ in range(chance.choice((0, 1, 1, 2, 2, 3)))), key=lambda item: item.at))
    return Plan(
        seed,
        commands,
        faults,
        # Often while a message is on its way to the key that is retried then.
        mended_at=chance.choice(commands).at + chance.uniform(0, 0.02) if chance.random() < 0.5 and poisoned else None,
        lying_lock=chance.random() < 0.1,
        relay_batch=chance.choice((1, 2, 4, 4000)),
        swiftness=chance.choice((0.3, 0.6) if poisoned else (0.5,)),
        view=view,
        policy=view is None or chance.random() < 0.05,
    )


def _command(chance: Random, number: int, poisoned: bool) -> Command:  # noqa: FBT001 - private
    # Where something may be parked, most goes to one stream, so that messages come while its key waits or is retried.
    stream, subject = chance.choices(STREAMS, (4, 1, 1) if poisoned else (1, 1, 1))[0]
    poison = chance.choice(("", "", "", "!", "?")) if poisoned else ""
    return Command(
        chance.uniform(0, SECONDS),
        stream,
        subject,
        f"{poison}w{number}",
        guarded=chance.random() < 0.25,
        again=chance.random() < 0.2,
        twice=chance.random() < 0.1,
    )


def _fault(chance: Random) -> Fault:
    at = chance.uniform(0, 1.5 * SECONDS)
    kind = chance.choice(("kill", "kill", "freeze", "freeze", "cut", "batch", "batch", "rebalance", "restart", "tail"))
    match kind:
        case "kill":
            return Fault(at, kind, chance.choice(APIS + WORKERS), seconds=chance.uniform(0.01, 0.5))
        case "freeze":
            long = chance.uniform(0.9, 2.0)
            return Fault(at, kind, chance.choice(APIS + WORKERS), chance.choice((chance.uniform(0.01, 0.5), long)))
        case "cut":
            return Fault(at, kind, chance.choice(APIS + WORKERS), count=chance.randint(1, 3))
        case "batch":
            return Fault(at, chance.choice(("lost", "lost", "unacknowledged", "doubled")), count=chance.randint(1, 2))
        case "tail":
            return Fault(at, kind, chance.choice(("ann", "bob")), count=chance.randint(1, 4))
        case _:
            return Fault(at, kind)
