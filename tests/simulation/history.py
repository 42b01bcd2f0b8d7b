"""One history, from its plan to its end: commands and faults happen, then all is given time, then it is looked at."""

from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from msgspec import Struct

from shared.relay import relay
from shared.store.partition import partition_of
from tests.simulation.broker import Broker
from tests.simulation.checks import Problem, problems
from tests.simulation.database import Database
from tests.simulation.domain import MENDED, STREAMS_TABLE, SUBJECTS_TABLE, TOPIC
from tests.simulation.plan import APIS, SECONDS, STREAMS, WORKERS, Fault, Plan
from tests.simulation.seams import Lock
from tests.simulation.serving import Api, Clients
from tests.simulation.statements.publication import Lead
from tests.simulation.working import Operator, Worker
from tests.simulation.world import Told, World

PATIENCE = 60.0
"""Virtual seconds after the last fault within which everything must have come to rest."""

PARTITIONS = tuple(sorted({partition_of(subject) for _, subject in STREAMS}))


class Outcome(Struct):
    """What a history showed: its problems, none where all is well, and its trace if one was kept."""

    plan: Plan
    problems: Sequence[Problem]
    steps: int
    trace: Sequence[Told]
    failures: dict[str, int]


class History:
    """The parts of one history and what happens to them."""

    def __init__(self, plan: Plan, *, traced: bool = False) -> None:
        self.plan = plan
        self.world = world = World(plan.seed, traced=traced)
        world.swiftness = plan.swiftness
        self.broker = world.broker = Broker(world, PARTITIONS)
        world.lock = Lock()
        world.lock.lies = plan.lying_lock
        self.database = Database(world)
        self.database.tables |= {STREAMS_TABLE.name: {}, SUBJECTS_TABLE.name: {}}
        self.database.tables["relay_partition"] = {partition: Lead() for partition in PARTITIONS}
        MENDED.yes = False
        self.apis = {name: Api(world, name, self.database, self.wake) for name in APIS}
        self.workers: dict[str, Worker] = {}
        self.clients = Clients(world, self.apis, self.database)
        self.operator = Operator(world, self.database, plan)
        self.consumers = ["views"] * (plan.view is not None) + ["hear"] * plan.policy
        self._lossy: dict[int, None] = {}
        self._reached: Any = None
        relay.BATCH = plan.relay_batch
        for name in WORKERS:
            self._start(name)

    def wake(self) -> None:
        """Tell all workers of new events, as a notification would."""
        for worker in self.workers.values():
            worker.wakeup.signal()

    def _start(self, name: str) -> None:
        if name in APIS:
            self.apis[name] = Api(self.world, name, self.database, self.wake)
        else:
            self.workers[name] = Worker(self.world, name, self.database, self.plan, PARTITIONS, self.wake)

    def _start_again(self, name: str) -> None:
        if self._process(name).dead:
            self._start(name)

    def run(self) -> Outcome:
        """Let it happen."""
        for command in self.plan.commands:
            self.world.post(command.at, self.clients.process, self.clients.ask, command)
        last = SECONDS
        for fault in self.plan.faults:
            self.world.post(fault.at, None, self._happen, fault)
            last = max(last, fault.at + fault.seconds)
        if self.plan.mended_at is not None:
            self.world.post(self.plan.mended_at, None, self._mend)
            last = max(last, self.plan.mended_at)
        self.world.post(last + 0.01, None, self._calm)
        rested = self.world.run(last + PATIENCE)
        found = problems(self, rested=rested)
        self._end()
        return Outcome(self.plan, found, self.world.steps, self.world.trace or (), self.world.failures)

    def _end(self) -> None:
        for process in self._processes():
            process.kill()
            process.forget()
        self.world.forget()

    def _processes(self) -> list[Any]:
        apis, workers = self.apis.values(), self.workers.values()
        mine = [api.process for api in apis] + [worker.process for worker in workers]
        return [*mine, self.operator.process, self.clients.process]

    def _happen(self, fault: Fault) -> None:
        self.world.tell("fault", fault.told())
        match fault.kind:
            case "kill":
                self._kill(fault.who, fault.seconds)
            case "freeze":
                self._freeze(fault.who, fault.seconds)
            case "cut":
                self._process(fault.who).cut_connections += fault.count
            case "restart":
                self._restart_database()
            case "rebalance":
                for group in self.broker.groups.values():
                    group.share_out()
            case "tail":
                self._lose_tail(partition_of(fault.who), fault.count)
            case _:
                self.broker.faults += [fault.kind] * fault.count

    def _process(self, name: str) -> Any:
        return (self.apis.get(name) or self.workers[name]).process

    def _kill(self, name: str, seconds: float) -> None:
        process = self._process(name)
        process.kill()
        self.broker.unheard(process)
        self.world.post(seconds, None, self._start_again, name)

    def _freeze(self, name: str, seconds: float) -> None:
        process = self._process(name)
        process.freeze()
        self.broker.unheard(process)
        self.world.post(seconds, None, self._thaw, process)

    def _thaw(self, process: Any) -> None:
        self.world.tell("fault", f"{process.name} goes on")
        process.thaw()
        self.broker.heard_again(process)

    def _restart_database(self) -> None:
        for transaction in list(self.database.open):
            transaction.end()
        sessions, self.database.sessions = self.database.sessions, []
        for session in sessions:
            session.break_off()

    def _lose_tail(self, partition: int, count: int) -> None:
        lost = self.broker.lose_tail(TopicPartition(TOPIC, partition), count)
        self.world.tell("fault", f"partition {partition} lost its last {lost} records")
        if lost:
            self._lossy[partition] = None
            self.operator.republish(partition)

    def _mend(self) -> None:
        self.world.tell("operator", "what couldn't be handled can be from now on")
        MENDED.yes = True
        self.operator.retry()

    def _calm(self) -> None:
        self.world.tell("world", "nothing fails any more")
        self.world.calm = True
        self.world.lock.lies = False
        if self.plan.mended_at is not None:
            self.operator.retry()
        self._look()

    def _look(self) -> None:
        """Look now and then whether there is anything left to do."""
        tables = self.database.tables
        if len(self.clients.answered) == len(self.plan.commands) and not self.operator.busy:
            if not self._at_rest(tables):
                self._look_for_losses(tables)
            elif self.plan.mended_at is not None and tables["parked"]:
                self.operator.retry()
            else:
                self.world.over = True
        self.world.post(0.1, None, self._look)

    def _look_for_losses(self, tables: Any) -> None:
        """Where the broker lost what it had acknowledged, and nothing moves, `doctor` says what to write again."""
        shown = (tables["consumer_position"], tables["relay_partition"])
        reached = [[(key, row.next_seq) for key, row in sorted(rows.items())] for rows in shown]
        if reached == self._reached:
            for partition in self._lossy:
                self.operator.republish(partition)
        self._reached = reached

    def _at_rest(self, tables: Any) -> bool:
        """Tell whether everything is published and acknowledged, and each consumer has taken all of it."""
        places = tables["consumer_position"]
        return not tables["outbox"] and all(
            row.acked_seq == row.next_seq - 1
            and all(
                (place := places.get((name, TOPIC, partition))) is not None and place.next_seq == row.next_seq
                for name in self.consumers
            )
            for partition, row in tables["relay_partition"].items()
            if row.next_seq > 1
        )
