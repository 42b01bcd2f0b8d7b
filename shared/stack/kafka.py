"""A private Apache Kafka in KRaft mode, one node, on loopback: the broker that production runs, made small."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from uuid import uuid4

from shared.stack.errors import StackError
from shared.stack.jars import class_path
from shared.stack.java import find_java
from shared.stack.processes import Process, start_detached

JVM = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
"""One small heap, and no optimising compiler: on two cores its threads cost more than they bring."""

START_SECONDS = 30

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
log.segment.bytes=268435456
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=16777216
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# With the defaults, a node that was killed waits 12 s for its own old session before it may join again.
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


class Kafka:
    """The Kafka whose data is in `folder`, listening on `port` of the loopback address."""

    def __init__(self, folder: Path, port: int, controller_port: int, log: Path) -> None:
        self._folder = folder.resolve()
        self._port = port
        self._controller_port = controller_port
        self._log = log

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> Process:
        """Start it, wait until it listens, and return its process."""
        java, jars = find_java(), class_path()
        self._folder.mkdir(parents=True, exist_ok=True)
        properties = self._folder / "server.properties"
        properties.write_text(
            PROPERTIES.format(port=self._port, controller=self._controller_port, data=self._folder / "data")
        )
        command = [str(java), *JVM, "-cp", ":".join(map(str, jars))]
        if not (self._folder / "data" / "meta.properties").exists():
            self._format(command, properties)
        process = start_detached([*command, "kafka.Kafka", str(properties)], self._log)
        self._wait(process)
        return process

    def _format(self, command: list[str], properties: Path) -> None:
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        identity = ["-t", uuid4().hex[:22], "-c", str(properties), "--standalone"]
        done = subprocess.run(  # noqa: S603 - Kafka's own tool, with our own settings
            [*command, "kafka.tools.StorageTool", "format", *identity], capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise StackError(f"Kafka can't use {self._folder}: {' '.join(reason)}. Free some disk space, or remove it.")

    def _wait(self, process: Process) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.alive:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        process.stop(1)
        raise StackError(f"Kafka didn't start within {START_SECONDS} s: the end of {self._log} says why.")
