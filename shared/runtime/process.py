"""One process: a service in a role. It starts in order, works, and ends in order, ten seconds after its lag at most."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum

import asyncpg
import uvicorn
import uvloop
from starlette.types import ASGIApp

from shared.clock import system_clock
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier
from shared.http.kit import Kit
from shared.http.readiness import Check, Readiness
from shared.privacy.opening import vault_of
from shared.privacy.vault import Vault
from shared.relay.ahead import behind
from shared.runtime.pool import connect
from shared.runtime.worker import Worker
from shared.service import Service
from shared.settings import KernelSettings, ServiceSettings, load
from shared.store.postgres import PostgresEventStore
from shared.store.snapshots import PostgresSnapshots
from shared.supervise import keep_running
from shared.telemetry import log as logs
from shared.telemetry.server import OperatorsDoor
from shared.wakeup import Wakeup

POOL_SIZE = 24
DRAIN_SECONDS = 8
"""How long open requests and streams may go on after SIGTERM."""

KEEP_ALIVE_SECONDS = 75
"""An idle connection is left open for longer than balancers keep theirs: whoever closes first may cut a request."""

log = logs.logger("process")


class Role(StrEnum):
    """What a process does: answer HTTP, move events, or both."""

    API = "api"
    WORKER = "worker"
    ALL = "all"


def run(service: Service, role: Role) -> None:
    """Run until SIGTERM or SIGINT. Raises SettingsInvalid before anything starts."""
    settings, own = load(KernelSettings, service.settings)
    logs.configure(settings.log_format, settings.log_level, service=service.name)
    for caution in own.cautions:
        log.warning("settings.caution", detail=caution)
    calm_the_collector()
    uvloop.run(_run(service, role, settings, own))


def calm_the_collector() -> None:
    """Look for cycles seldom: what flows here makes none, and each look costs all that is alive."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


async def _run(service: Service, role: Role, settings: KernelSettings, own: ServiceSettings) -> None:
    async with _connected(own) as pool, vault_of(settings) as vault:
        wakeup = Wakeup(pool)
        readiness = Readiness(checks={"database": _database_check(pool), "log": lambda: behind(pool)})
        stop = _stop_signal(readiness)
        servers = [_server(OperatorsDoor(readiness), own.host, own.metrics_port)]
        tasks = [asyncio.create_task(keep_running("keys", vault.watch), name="keys")]
        closing: list[Callable[[], None]] = []
        if role in (Role.WORKER, Role.ALL):
            worker = Worker(service, settings, own, pool, system_clock, wakeup, vault)
            tasks.append(asyncio.create_task(worker.run(), name="worker"))
        if role in (Role.API, Role.ALL):
            kit = _kit(service, settings, own, pool, wakeup, readiness, vault)
            servers.append(_server(create_app(service, kit), own.host, own.port))
            closing.append(kit.feeds.close)
            if role is Role.API:
                tasks.append(asyncio.create_task(keep_running("wakeup", wakeup.listen), name="wakeup"))
        serving = [asyncio.create_task(server.serve(), name="server") for server in servers]
        readiness.started = True
        log.info("process.started", role=role.value, host=own.host, port=own.port, metrics_port=own.metrics_port)
        await _until_stopped(stop, [*tasks, *serving])
        if role is not Role.WORKER:
            await asyncio.sleep(settings.drain_lag)
        for close in closing:
            close()
        await _shut_down(servers, serving, tasks)


@contextlib.asynccontextmanager
async def _connected(own: ServiceSettings) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(own.database_url.get_secret_value(), size=POOL_SIZE)
    try:
        yield pool
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 2)
        pool.terminate()


def _kit(
    service: Service,
    settings: KernelSettings,
    own: ServiceSettings,
    pool: asyncpg.Pool,
    wakeup: Wakeup,
    readiness: Readiness,
    vault: Vault,
) -> Kit:
    store = PostgresEventStore(pool, service.publishes, vault=vault)
    handler = Handler(store, snapshots=PostgresSnapshots(pool))
    verifier = Verifier(settings)
    if verifier.signs_its_own:
        log.warning(
            "auth.development", detail="Tokens are signed by this program itself: never run it so in production."
        )
    return Kit(service, settings, own, store, handler, pool, wakeup, system_clock, verifier, readiness)


def _server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="none",
        http="httptools",
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server that leaves signals to the process, which has more than one part to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _stop_signal(readiness: Readiness) -> asyncio.Event:
    """Return the event that SIGTERM and SIGINT set; not ready from that very moment."""
    stop = asyncio.Event()

    def told() -> None:
        readiness.draining = True
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    return stop


async def _until_stopped(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the stop signal, or for a part to end by itself, which none should: then fail loudly."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    for task in tasks:
        if task.done() and not stop.is_set():
            task.result()
            raise RuntimeError(f"{task.get_name()} ended by itself")


async def _shut_down(
    servers: list[uvicorn.Server], serving: list[asyncio.Task[None]], tasks: list[asyncio.Task[None]]
) -> None:
    """Let requests drain, finish the batch or give it up whole, and leave."""
    for server in servers:
        server.should_exit = True
    for task in tasks:
        task.cancel()
    await asyncio.wait([*serving, *tasks], timeout=DRAIN_SECONDS + 1)
    log.info("process.stopped")


def _database_check(pool: asyncpg.Pool) -> Check:
    async def check() -> str | None:
        try:
            await asyncio.wait_for(pool.fetchval("SELECT 1"), 2)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return "can't be reached"
        return None

    return check
