"""What a stack remembers in its folder: ports, processes, addresses. A cache of the truth, which is what runs."""

from pathlib import Path

import msgspec
from msgspec import Struct

from shared.stack.kafka_settings import BrokerPorts
from shared.stack.processes import Process


class ServiceProcess(Struct, frozen=True):
    """A service that `up` started: its process, where it answers, and a digest of the variables it was given."""

    process: Process
    url: str
    metrics_url: str
    given: str = ""


class State(Struct):
    """What is known of the parts: written after each step, so that a crash leaves nothing unknown.

    `ports` outlive `down`, so that addresses stay the same from one start to the next.
    """

    ports: dict[str, int] = {}
    postgres: Process | None = None
    databases: dict[str, str] = {}
    brokers: list[Process] = []
    bootstrap_servers: str | None = None
    services: dict[str, ServiceProcess] = {}

    @property
    def kafka(self) -> Process | None:
        """The process of Kafka's first node."""
        return self.brokers[0] if self.brokers else None

    @property
    def processes(self) -> list[Process]:
        """Every process that was started, alive or not."""
        parts = [self.postgres] if self.postgres else []
        return [*parts, *self.brokers, *(service.process for service in self.services.values())]

    def broker_ports(self, number: int) -> BrokerPorts | None:
        """Return the last ports of a node of Kafka."""
        clients, controllers = (self.ports.get(name) for name in broker_port_names(number))
        return BrokerPorts(clients, controllers) if clients and controllers else None


def broker_port_names(number: int) -> tuple[str, str]:
    """Return the names under which a node's two ports are remembered."""
    return f"kafka-{number}", f"kafka-{number}-controller"


def read(file: Path) -> State:
    """Return what the file tells; an empty state when it is missing or can't be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return State()


def write(file: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    fresh.replace(file)
