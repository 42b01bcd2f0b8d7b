"""Moved clocks: every wall clock of the process jumps when the file says so, and no monotonic one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.moved_clock import set_clock

FOLLOWER = """
import asyncio, json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from shared.clock import system_clock
from tests.faults.moved_clock import follow
from time_machine import escape_hatch

follow(Path(sys.argv[1]))
for line in sys.stdin:
    wanted = float(line)
    until = time.monotonic() + 30
    while abs(time.time() - escape_hatch.time.time() - wanted) > 1 and time.monotonic() < until:
        time.sleep(0.005)
    real = escape_hatch.time.time()
    walls = [time.time(), time.time_ns() / 1e9, datetime.now(UTC).timestamp(), system_clock().timestamp()]
    running = [time.monotonic(), time.perf_counter(), asyncio.new_event_loop().time()]
    print(json.dumps([[wall - real for wall in walls], running]), flush=True)
"""


@pytest.fixture
def follower(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", FOLLOWER, str(tmp_path / "clock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate()


def asked(follower: "subprocess.Popen[str]", ahead: float) -> Any:
    assert follower.stdin is not None
    assert follower.stdout is not None
    follower.stdin.write(f"{ahead}\n")
    follower.stdin.flush()
    return json.loads(follower.stdout.readline())


def test_all_wall_clocks_jump_forth_and_back_and_monotonic_ones_go_on(
    follower: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    earlier = [0.0, 0.0, 0.0]
    for ahead in (0.0, 3600.0, -3600.0, 0.0):
        set_clock(tmp_path / "clock", ahead)
        walls, running = asked(follower, ahead)
        assert all(abs(wall - ahead) < 5 for wall in walls), (ahead, walls)
        assert all(0 < now - before < 1e6 for now, before in zip(running, earlier, strict=True))
        if any(earlier):
            assert all(now - before < 60 for now, before in zip(running, earlier, strict=True))
        earlier = running
