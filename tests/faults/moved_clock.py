"""Wall clocks that a file moves, in a process of a service: ahead of the machine's, or behind it.

All that Python code reads is moved (`datetime.now`, `time.time`, in our code and in every library's); monotonic clocks,
the ids that a library in Rust makes, and the clocks of PostgreSQL and Kafka are not, as when one machine's clock jumps.
"""

import time
from pathlib import Path
from threading import Thread

import time_machine
from time_machine import escape_hatch

VARIABLE = "RAPPORT_TEST_CLOCK"
"""Names the file, in the environment of a process that follows one."""

LOOK_SECONDS = 0.02


def set_clock(file: Path, seconds: float) -> None:
    """Let the clocks of all processes that follow `file` be so much ahead, or behind where it is negative."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(repr(seconds))
    fresh.replace(file)


def follow(file: Path) -> None:
    """Move this process's wall clocks as `file` says, now and whenever it changes. A file that isn't there says 0."""
    traveller = time_machine.travel(0, tick=True).start()
    said = _move(traveller, file, None)

    def look() -> None:
        nonlocal said
        while True:
            time.sleep(LOOK_SECONDS)
            said = _move(traveller, file, said)

    Thread(target=look, name="moved-clock", daemon=True).start()


def _move(traveller: time_machine.Traveller, file: Path, said: float | None) -> float:
    ahead = float(file.read_text()) if file.exists() else 0.0
    if ahead != said:
        traveller.move_to(escape_hatch.time.time() + ahead)
    return ahead
