"""What stands around a deployment where a plan asks for it: routes that can fail, small disks, clocks that can jump."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from rapport.services import SERVICES
from rapport.stack import BOOTSTRAP, database_variable
from shared.migrations import KEYS
from shared.stack.kafka_settings import BrokerPorts
from shared.stack.ports import LOOPBACK, free_ports
from shared.stack.postgres_settings import SOCKET, socket_folder
from shared.testing.proxy import Proxy
from shared.testing.small_disk import SmallDisk, small_disk, why_not
from tests.faults.moved_clock import VARIABLE, set_clock
from tests.faults.shape import Shape

MEBIBYTE = 1 << 20
DATA = "data"


def why_not_here(shape: Shape) -> str | None:
    """Return what this machine lacks for such a deployment, and what would help; None where it lacks nothing."""
    return why_not() if shape.small_disks else None


class Surroundings:
    """Made before the deployment's parts, started before them, stopped after them.

    Routes are called by who goes them and where to: `api.postgres`, `worker.postgres`, `kafka.1` and so on. Nobody
    but the services' processes and channels goes them: the checks look directly.
    """

    def __init__(self, home: Path, shape: Shape) -> None:
        self._home = home
        self._shape = shape
        self._mounted = ExitStack()
        self.routes: dict[str, Proxy] = {}
        self.disks: dict[str, SmallDisk] = {}
        self.ports = self._ports()

    def _ports(self) -> Sequence[BrokerPorts]:
        ports = iter(free_ports(3 * self._shape.brokers))
        found = [BrokerPorts(*three) for three in zip(ports, ports, ports, strict=True)]
        if not self._shape.routes:
            return [BrokerPorts(own.clients, own.controllers) for own in found]
        for number, own in enumerate(found, start=1):
            self.routes[f"kafka.{number}"] = Proxy((LOOPBACK, own.clients), port=own.advertised or 0)
        return found

    def folder(self, part: str) -> Path:
        """Return where `postgres` or `kafka` has its data: below the mount, since a mount can't be renamed."""
        place = self._home / part
        return place / DATA if part in self._shape.small_disks else place

    async def start(self) -> None:
        """Mount the disks and open the routes. OSError: see `why_not_here`."""
        for part, size in self._shape.small_disks.items():
            self.disks[part] = self._mounted.enter_context(small_disk(self._home / part, size * MEBIBYTE))
        if self._shape.routes:
            socket = socket_folder(self.folder("postgres")) / SOCKET
            self.routes |= {f"{role}.postgres": Proxy(socket) for role in ("api", "worker")}
        for route in self.routes.values():
            await route.start()

    async def stop(self) -> None:
        """Close the routes and take the disks away."""
        for route in self.routes.values():
            await route.stop()
        self._mounted.close()

    def variables(self, role: str) -> Mapping[str, str]:
        """Return the variables that lead a process of this role by the routes, and let it follow the clock."""
        found = {VARIABLE: str(self._clock)} if self._shape.clocks else {}
        if self._shape.routes:
            port = self.routes[f"{role}.postgres"].port
            for name in (*SERVICES, KEYS):
                found[database_variable(name)] = f"postgresql://postgres@{LOOPBACK}:{port}/{quote(name)}"
            brokers = [route.port for name, route in self.routes.items() if name.startswith("kafka.")]
            found[BOOTSTRAP] = ",".join(f"{LOOPBACK}:{port}" for port in brokers)
        return found

    def set_clock(self, seconds: float) -> None:
        """Let all services' clocks be so much ahead, or behind. LookupError where the plan has no such clocks."""
        if not self._shape.clocks:
            raise LookupError("the plan's deployment has no `clocks`")
        set_clock(self._clock, seconds)

    @property
    def _clock(self) -> Path:
        return self._home / "clock"
