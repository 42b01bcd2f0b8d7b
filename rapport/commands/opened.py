"""What commands that look after a service need: its declaration, its settings, its pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from rapport.services import load
from rapport.stack import enter
from shared.clock import system_clock
from shared.consumers.parking_lot import ParkingLot
from shared.consumers.wiring import Wiring, wire_up
from shared.privacy.opening import vault_of
from shared.privacy.vault import Vault
from shared.runtime.pool import connect
from shared.service import Service
from shared.settings import KernelSettings
from shared.settings import load as load_settings
from shared.stack.stack import Stack
from shared.store.postgres import PostgresEventStore


class Opened(NamedTuple):
    """One service, opened for a command."""

    service: Service
    settings: KernelSettings
    pool: asyncpg.Pool
    vault: Vault
    database_url: str

    @property
    def bootstrap_servers(self) -> str:
        """Kafka's address."""
        return self.settings.kafka_bootstrap_servers

    @property
    def wirings(self) -> list[Wiring]:
        """The service's consumers."""
        return wire_up(self.service, self.settings, self.store, system_clock)

    @property
    def store(self) -> PostgresEventStore:
        """The service's event store."""
        return PostgresEventStore(self.pool, self.service.publishes, vault=self.vault)

    @property
    def parking_lot(self) -> ParkingLot:
        """The service's parked messages."""
        return ParkingLot(self.pool, self.wirings, system_clock, self.vault)


@asynccontextmanager
async def opened(name: str) -> AsyncIterator[Opened]:
    """Open a service on the parts that the environment names, else on the running stack's."""
    service = load(name)
    enter(Stack(), name)
    settings, own = load_settings(KernelSettings, service.settings)
    url = own.database_url.get_secret_value()
    pool = await connect(url, size=4)
    try:
        async with vault_of(settings) as vault:
            yield Opened(service, settings, pool, vault, url)
    finally:
        await pool.close()
