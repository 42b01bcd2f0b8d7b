"""A private Apache Kafka in KRaft mode on loopback, of one node or of three: the broker that production runs."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from shared.stack.broker import Broker, Program
from shared.stack.errors import StackError
from shared.stack.jars import class_path
from shared.stack.java import find_java
from shared.stack.kafka_settings import BrokerPorts, settings
from shared.stack.ports import LOOPBACK
from shared.stack.processes import Process, last_words, stop_all

START_SECONDS = 60
"""Long, because after a crash a node first reads through what it hadn't closed."""

STOP_SECONDS = 5
"""Short, because the last of several nodes waits in vain for the others to take over from it."""


class Kafka:
    """The Kafka whose data is in `folder`; one node for each of `ports`, each with a log file in `logs`."""

    def __init__(self, folder: Path, ports: Sequence[BrokerPorts], logs: Path) -> None:
        folder = folder.resolve()
        self.brokers = tuple(
            Broker(
                folder / f"node-{number}",
                logs / ("kafka.log" if len(ports) == 1 else f"kafka-{number}.log"),
                settings(number, ports),
                own.clients,
            )
            for number, own in enumerate(ports, start=1)
        )
        self.bootstrap_servers = ",".join(f"{LOOPBACK}:{own.clients}" for own in ports)

    @property
    def replication(self) -> int:
        """How many copies of each record the cluster can keep."""
        return min(len(self.brokers), 3)

    def start(self) -> list[Process]:
        """Start the nodes that don't run, wait until all listen, and return their processes, in order."""
        program = _program()
        cluster = self._cluster_id()
        for broker in self.brokers:
            broker.begin(program, cluster)
        processes = [broker.launch(program) for broker in self.brokers]
        deadline = time.monotonic() + START_SECONDS
        for broker, process in zip(self.brokers, processes, strict=True):
            self._wait(broker, process, deadline)
        return processes

    def launch(self, number: int) -> Process:
        """Start node `number`, from 1, which has its data already, without waiting; return its process."""
        return self.brokers[number - 1].launch(_program())

    def _cluster_id(self) -> str:
        known = [broker.cluster_id for broker in self.brokers if broker.cluster_id]
        return known[0] if known else urlsafe_b64encode(uuid4().bytes)[:22].decode()

    def _wait(self, broker: Broker, process: Process, deadline: float) -> None:
        while not broker.listens(process):
            if not process.alive or time.monotonic() > deadline:
                self.stop()
                said = last_words(broker.log) or "it said nothing"
                raise StackError(f"Kafka didn't start ({said}): mend that and start it again; {broker.log} has more.")
            time.sleep(0.02)

    def running(self) -> list[Process]:
        """Return the processes of the nodes that run."""
        return [process for broker in self.brokers for process in broker.running()]

    def stop(self) -> None:
        """Stop all nodes in order; data stays. Nothing happens to those that don't run."""
        stop_all(self.running(), STOP_SECONDS)


def _program() -> Program:
    return Program(find_java(), class_path())
