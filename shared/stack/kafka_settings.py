"""How the private Apache Kafka is set: what production runs, made small, and quick to come back after a crash."""

from collections.abc import Sequence

from msgspec import Struct

from shared.stack.ports import LOOPBACK

JVM = (
    # One small heap and the plainest collector: 330-360 MB in all.
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # No optimising compiler: on two cores its threads cost more than they bring.
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)

SETTINGS = """
process.roles=broker,controller
node.id={number}
# A list in the settings, not in the cluster's own log: the ports may then be others after each start.
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{ports.clients},CONTROLLER://{host}:{ports.controllers}
advertised.listeners=PLAINTEXT://{host}:{advertised},CONTROLLER://{host}:{ports.controllers}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
# Within the folder that it runs in, so that no sign in the path above can mean something to Kafka.
log.dirs=data
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
log.segment.bytes=268435456
log.retention.ms=-1
# What is deleted leaves the disk soon: an erasure cuts a topic, and waits for this.
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=1000
metadata.log.segment.bytes=8388608
log.cleaner.dedupe.buffer.size=16777216
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# With the defaults, a node that was killed waits 12 s for its own old session before it may join again.
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


class BrokerPorts(Struct, frozen=True):
    """Where one node listens on the loopback address.

    `advertised`: the port that clients and the other nodes are told instead, where something stands before the node.
    """

    clients: int
    controllers: int
    advertised: int | None = None


def settings(number: int, ports: Sequence[BrokerPorts]) -> str:
    """Return the settings of node `number`, from 1, of the cluster whose nodes listen on `ports`."""
    nodes = len(ports)
    own = ports[number - 1]
    voters = ",".join(f"{other}@{LOOPBACK}:{item.controllers}" for other, item in enumerate(ports, start=1))
    return SETTINGS.format(
        number=number,
        voters=voters,
        host=LOOPBACK,
        ports=own,
        advertised=own.advertised or own.clients,
        replicas=min(nodes, 3),
        in_sync=2 if nodes >= 3 else 1,
    )
