"""One node of a private Kafka: its folder, its program, its process."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from shared.stack.errors import StackError
from shared.stack.kafka_settings import JVM
from shared.stack.processes import Process, running_in, start_detached


class Program(Struct, frozen=True):
    """A Java, and Kafka's jars for it."""

    java: Path
    jars: Sequence[Path]

    def command(self, main: str, *arguments: str) -> list[str]:
        """Return the command line that runs one of the classes."""
        return [str(self.java), *JVM, main, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The variables it needs: the class path stands here, since as an argument it would fill the process list."""
        return {"CLASSPATH": os.pathsep.join(map(str, self.jars))}


class Broker:
    """The node whose data is in `folder`, which listens on `port`."""

    def __init__(self, folder: Path, log: Path, settings: str, port: int) -> None:
        self.folder = folder
        self.log = log
        self._settings = settings
        self.port = port

    @property
    def cluster_id(self) -> str | None:
        """The cluster to which it belongs; none before it was begun."""
        properties = self.folder / "data" / "meta.properties"
        if not properties.exists():
            return None
        pairs = dict(line.split("=", 1) for line in properties.read_text().splitlines() if "=" in line)
        return pairs.get("cluster.id")

    def running(self) -> list[Process]:
        """Return its process while it runs; a start that was broken off may have left one that nobody noted."""
        return list(running_in(self.folder, "java"))

    def listens(self, process: Process) -> bool:
        """Tell whether clients can reach it, and not someone else on its port."""
        return process.listens(self.port)

    def launch(self, program: Program) -> Process:
        """Start it unless it runs already, without waiting for it."""
        for process in self.running():
            if self.listens(process):
                return process
            process.stop(10)
        self._write_settings(self.folder)
        command = program.command("kafka.Kafka", "server.properties")
        return start_detached(command, self.log, program.environment, folder=self.folder)

    def begin(self, program: Program, cluster_id: str) -> None:
        """Make its data, beside their place first: what a crash leaves half made is never taken for whole."""
        if self.cluster_id:
            return
        half = self.folder / "half"
        try:
            shutil.rmtree(half, ignore_errors=True)
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            half.mkdir(parents=True)
            self._write_settings(half)
            self._format(program, half, cluster_id)
            (half / "data").rename(self.folder / "data")
            shutil.rmtree(half)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            reason = said.strip().splitlines()[-1]
            raise StackError(f"Kafka can't begin in {self.folder} ({reason}): free some disk space.") from error

    def _format(self, program: Program, folder: Path, cluster_id: str) -> None:
        subprocess.run(  # noqa: S603 - Kafka's own tool, with our own settings
            program.command(
                "kafka.tools.StorageTool", "format", "-c", "server.properties", f"--cluster-id={cluster_id}"
            ),
            cwd=folder,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )

    def _write_settings(self, folder: Path) -> None:
        (folder / "server.properties").write_text(self._settings)
