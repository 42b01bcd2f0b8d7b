"""A worker: the relay and the consumers of one service, each kept running by itself."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from shared.clock import Clock
from shared.consumers.consumer import Consumer
from shared.consumers.wiring import wire_up
from shared.privacy.vault import Vault
from shared.relay.relay import Relay
from shared.runtime.intact import Intact
from shared.service import Service, Surroundings
from shared.settings import KernelSettings, ServiceSettings
from shared.store.contract import PARTITIONS
from shared.store.housekeeping import keep_house
from shared.store.postgres import PostgresEventStore
from shared.supervise import keep_running
from shared.timers.timers import Timers
from shared.wakeup import Wakeup

SAFE = ("relay", "wakeup", "housekeeping")
"""Parts that decide nothing; the relay looks for itself when it leads."""


class Worker:
    """Everything of a service that is not HTTP. Any number of workers share the work by Kafka's groups and locks."""

    def __init__(
        self,
        service: Service,
        settings: KernelSettings,
        own_settings: ServiceSettings,
        pool: asyncpg.Pool,
        clock: Clock,
        wakeup: Wakeup,
        vault: Vault | None = None,
    ) -> None:
        self._service = service
        self._pool = pool
        self._settings = settings
        self._own_settings = own_settings
        self._bootstrap = settings.kafka_bootstrap_servers
        self._clock = clock
        self._wakeup = wakeup
        self._vault = vault

    async def run(self) -> None:
        """Work until cancelled; a part that fails begins again where it broke off, and the others go on."""
        intact = Intact(self._pool, self._service.topic, self._bootstrap)
        async with asyncio.TaskGroup() as group:
            for name, part in self._parts().items():
                begun = part if name in SAFE else intact.before(part)
                group.create_task(keep_running(name, begun), name=name)

    def _parts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        store = PostgresEventStore(self._pool, self._service.publishes, self._clock, vault=self._vault)
        consumers = [
            Consumer(
                self._service.name,
                name,
                self._pool,
                handlers,
                sources,
                self._bootstrap,
                self._clock,
                self._wakeup.signal,
                self._vault,
            )
            for name, handlers, sources in wire_up(self._service, self._settings, store, self._clock)
        ]
        relay = Relay(
            self._pool,
            self._service.name,
            self._service.topic,
            range(PARTITIONS),
            self._bootstrap,
            self._wakeup,
        )
        timers = Timers(self._pool, store, self._service.deciders, self._clock, self._wakeup)
        around = Surroundings(self._settings, self._own_settings, self._pool, store, self._clock, self._wakeup)
        return {
            "relay": relay.run,
            **(
                {"timers": self._wait_for_the_upgrade if self._settings.upgrading_from else timers.run}
                if timers.any
                else {}
            ),
            "wakeup": self._wakeup.listen,
            "housekeeping": lambda: keep_house(self._pool, self._clock),
            **self._service.parts(around),
            **{f"consumer-{consumer.name}": consumer.run for consumer in consumers},
        }

    async def _wait_for_the_upgrade(self) -> None:
        """Fire nothing; have the next worker without UPGRADING_FROM derive the timers of what the old release wrote."""
        await self._pool.execute("DELETE FROM timer_derived")
        await asyncio.Event().wait()
