"""What was found at rest: everything that the checks look at, as plain values that can be copied, kept and changed."""

from collections.abc import Sequence

from msgspec import Struct

from tests.faults.ledger import Entry


class Event(Struct):
    """One event of a service's log. `data` is its JSON text, `causation` the id of what caused it."""

    position: int
    stream: str
    version: int
    type: str
    schema: int
    partition: int
    subject: str
    data: str
    causation: str | None = None

    @property
    def id(self) -> str:
        """Its name everywhere: `<stream>@<version>`."""
        return f"{self.stream}@{self.version}"

    @property
    def full_type(self) -> str:
        """Its type with the version of its schema, as on the wire."""
        return f"{self.type}.v{self.schema}"


class Record(Struct):
    """One record of a topic: where it stands, which number it bears, which event it says it is."""

    partition: int
    offset: int
    number: int
    id: str
    type: str
    data: str


class Parked(Struct):
    """A parked message: by whom, under which key, from where, and why; `message` is its id, unless it is sealed."""

    handler: str
    key: str
    topic: str
    partition: int
    offset: int
    reason: str | None
    message: str = ""


class Viewed(Struct):
    """What the audit of one view said: rows compared with their fold, rows that differ, the first difference."""

    view: str
    rows: int
    differences: int
    first: str | None


class ServiceFacts(Struct):
    """One service: its log, the numbers that its events were given, its topic, and what else its database holds.

    `numbers`: of each partition the positions in the order of their numbers, from 1.
    `keys`: the names under which answers are kept.
    """

    events: list[Event] = []
    numbers: dict[int, list[int]] = {}
    records: list[Record] = []
    keys: set[str] = set()
    parked: list[Parked] = []
    views: list[Viewed] = []


class Touched(Struct):
    """One record of the topic of touchpoints, and the command that sent it."""

    partition: int
    offset: int
    key: str


class Facts(Struct):
    """A run's facts. `stuck` says what hadn't come to rest; `history` what was done to the deployment, and when.

    `cut`: the topic of touchpoints was, by an erasure, so that it holds the latest alone.
    `asked_again` holds, by the commands' keys, what those were answered that were sent again although acknowledged.
    """

    entries: list[Entry] = []
    services: dict[str, ServiceFacts] = {}
    touchpoints: list[Touched] = []
    cut: bool = False
    stuck: list[str] = []
    failed_steps: list[str] = []
    asked_again: dict[str, str] = {}
    history: Sequence[tuple[float, str]] = ()
