"""The soak's load: of twenty operations ten touchpoints over Kafka, six commands, two detail reads, two lists."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4
from zlib import crc32

from aiokafka import AIOKafkaProducer

from bench.http_command import put
from bench.load import Door
from rapport.demo import log
from rapport.demo.publish import TOPIC
from shared.clock import system_clock
from shared.store.contract import PARTITIONS

MIX = ("touchpoint", "command", "touchpoint", "command", "touchpoint", "detail", "touchpoint", "command", "touchpoint",
       "list", "touchpoint", "command", "touchpoint", "command", "touchpoint", "detail", "touchpoint", "command",
       "touchpoint", "list")  # fmt: skip
LISTS = (("contact", "/v1/customers?page[size]=50"), ("loyalty", "/v1/members?page[size]=50"))
SHOPPERS = 20_000
CONNECTIONS = 32


class Load:
    """Does one operation after another, as many at once as it is asked to; notes what took how long, and what failed.

    `produced` is how many touchpoints Kafka has acknowledged.
    """

    def __init__(self, producer: AIOKafkaProducer, doors: Mapping[str, Door], token: str) -> None:
        self._producer = producer
        self._doors = doors
        self._put = put("/v1/customers/", token)
        self._token = token
        self._numbers = count()
        self._messages = log.messages(_purchases())
        self._known: list[int] = []
        self.produced = 0
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self._work: Mapping[str, Callable[[int], Awaitable[None]]] = {
            "touchpoint": self._touchpoint,
            "command": self._command,
            "detail": self._detail,
            "list": self._list,
        }

    async def one(self, number: int) -> None:
        """Do the operation of this number; a failure is counted, and nothing else."""
        kind = MIX[number % len(MIX)]
        try:
            await self._work[kind](number)
        except Exception as error:  # whatever it is, half an hour of samples must not be lost for it
            self.errors[f"{kind}: {type(error).__name__}"] += 1

    def told(self, number: int, seconds: float) -> None:
        """Note how long the operation of this number took since its time."""
        self.took[MIX[number % len(MIX)]].append(seconds)

    def window(self) -> Mapping[str, list[float]]:
        """Return what took how long since the last call."""
        taken, self.took = self.took, defaultdict(list)
        return taken

    async def _touchpoint(self, _: int) -> None:
        message = next(self._messages)
        await self._producer.send_and_wait(
            TOPIC, message.value, key=message.key, headers=message.headers, partition=crc32(message.key) % PARTITIONS
        )
        self.produced += 1

    async def _command(self, _: int) -> None:
        number = next(self._numbers)
        await self._doors["contact"].ask(self._put(number))
        self._known = [*self._known[-100:], number]

    async def _detail(self, _: int) -> None:
        if self._known:
            await self._get("contact", f"/v1/customers/{UUID(int=self._known[0] + 2**96)}")

    async def _list(self, number: int) -> None:
        await self._get(*LISTS[number // len(MIX) % len(LISTS)])

    async def _get(self, service: str, path: str) -> None:
        head = f"GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {self._token}\r\n\r\n"
        await self._doors[service].ask(head.encode())


@asynccontextmanager
async def load(bootstrap_servers: str, ports: Mapping[str, int], token: str) -> AsyncIterator[Load]:
    """Return the load, connected."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with AsyncExitStack() as stack:
            doors = {
                name: await stack.enter_async_context(Door(ports[name], CONNECTIONS)) for name in ("contact", "loyalty")
            }
            yield Load(producer, doors, token)
    finally:
        await producer.stop()


def _purchases() -> Iterator[log.Purchase]:
    """Yield purchases without end, of shoppers who come again, two days ago: the complaints about them come after."""
    run = uuid4().hex[:6]
    for line in count(1):
        at = system_clock() - timedelta(days=2)
        yield log.Purchase(line, f"soak-{run}-{line * 7919 % SHOPPERS}", at, 2, Decimal("49.90"))
