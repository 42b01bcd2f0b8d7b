"""A disk of a fixed size for one part's data, which a test fills up and frees again."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

BALLAST = "ballast"
CHUNK = 1 << 20
DEVICE = "rapport-test"
"""What the system calls the disks that we mount."""

HINT = (
    "a small disk can't be mounted here ({reason}): be root, or run it inside"
    " `unshare --user --map-current-user --keep-caps --mount`"
)


@cache
def why_not() -> str | None:
    """Return why no small disk can be had on this machine, and what would help; None where it can."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _mount(Path(folder), 1 << 20)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            return HINT.format(reason=said.strip().splitlines()[-1])
        _unmount(Path(folder))
    return None


class SmallDisk:
    """The file system mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / BALLAST

    @property
    def free(self) -> int:
        """Bytes that anyone may still write, the ballast aside."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, *, leave: int = 0) -> int:
        """Write ballast until no more than `leave` bytes are free; return how much there is of it now."""
        with self._ballast.open("ab") as file:
            try:
                while (room := self.free - leave) > 0:
                    file.write(bytes(min(room, CHUNK)))
                    file.flush()
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        return self._ballast.stat().st_size

    def free_up(self) -> None:
        """Remove the ballast."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A disk of `size` bytes mounted at `folder`, which is made; unmounted and removed afterwards.

    It is in memory, and takes only as much of it as is written. Raises OSError where it can't be had.
    """
    if reason := why_not():
        raise OSError(errno.EPERM, reason)
    folder.mkdir(parents=True, exist_ok=True)
    _mount(folder, size)
    try:
        yield SmallDisk(folder)
    finally:
        unmount_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


def unmount_below(folder: Path) -> None:
    """Take away the disks below `folder` that a run left which was killed itself."""
    mounts = Path("/proc/self/mounts")
    for line in mounts.read_text().splitlines() if mounts.exists() else ():
        device, place = line.split()[:2]
        if device == DEVICE and Path(place).is_relative_to(folder):
            with suppress(subprocess.CalledProcessError):
                _unmount(Path(place))


def _mount(folder: Path, size: int) -> None:
    _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", DEVICE, str(folder))


def _unmount(folder: Path) -> None:
    # Lazily: what still ends there keeps it busy for a moment.
    _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(  # noqa: S603 - the system's own tools
        command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
