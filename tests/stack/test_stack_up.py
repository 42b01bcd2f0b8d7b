"""`Stack`: up as often as one likes, back after any crash, and every refusal in one sentence with what to do."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.stack.errors import StackError
from shared.stack.stack import Stack
from shared.testing.stack import private_stack

NAMES = ["contact", "tickets"]

STARTER = """
import sys; from pathlib import Path; from shared.stack.stack import Stack
print(Stack(Path(sys.argv[1])).up(sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def up() -> Iterator[Stack]:
    with private_stack(NAMES) as stack:
        yield stack


def test_a_second_up_says_what_already_runs(up: Stack) -> None:
    before = up.state
    assert [line.split(" (")[0] for line in up.up(NAMES)] == ["PostgreSQL already runs", "Kafka already runs"]
    assert up.state == before


def test_the_environment_leads_services_to_the_parts(up: Stack) -> None:
    assert up.environment() == {
        "CONTACT_DATABASE_URL": up.postgres.url("contact"),
        "TICKETS_DATABASE_URL": up.postgres.url("tickets"),
        "KAFKA_BOOTSTRAP_SERVERS": up.state.bootstrap_servers,
    }


def test_what_is_set_outside_wins(up: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKETS_DATABASE_URL", "postgresql://elsewhere/tickets")
    assert up.environment()["TICKETS_DATABASE_URL"] == "postgresql://elsewhere/tickets"


def test_a_part_that_the_caller_has_is_not_started(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    assert stack.up([], kafka=False) == []
    assert stack.state.processes == []


@pytest.mark.parametrize("part", ["postgres", "kafka"])
def test_a_part_that_was_killed_is_back_in_five_seconds_at_the_same_address(up: Stack, part: str) -> None:
    before = up.environment()
    getattr(up.state, part).kill()

    began = time.monotonic()
    told = up.up(NAMES)

    assert time.monotonic() - began < 5
    assert sum("already runs" in line for line in told) == 1
    assert up.environment() == before


def test_two_ups_at_once_start_one_of_each(up: Stack) -> None:
    assert up.state.postgres is not None
    up.state.postgres.kill()
    command = [sys.executable, "-c", STARTER, str(up.home), *NAMES]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = sorted(process.communicate()[0].count("PostgreSQL started") for process in running)

    assert told == [0, 1]


def test_what_it_remembers_may_be_lost(up: Stack) -> None:
    ran = up.state
    (up.home / "stack.json").write_text('{"broken')

    up.up(NAMES)

    assert up.state.postgres == ran.postgres
    assert up.state.databases == ran.databases


def test_down_stops_all_and_a_second_down_finds_nothing(up: Stack) -> None:
    processes = up.state.processes
    assert up.down() == ["Kafka stopped", "PostgreSQL stopped"]
    assert not any(process.alive for process in processes)
    assert up.down() == []


def test_too_little_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5 << 20))
    with pytest.raises(StackError, match=r"^Only 5 MiB are free under .*: free some, or set RAPPORT_HOME"):
        Stack(tmp_path).up(NAMES)
    assert not (tmp_path / "postgres").exists()


def test_a_platform_that_it_does_not_run_on_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(StackError, match=r"runs on Linux and macOS: use WSL, or set"):
        Stack(tmp_path).up(NAMES)


def test_a_folder_that_can_t_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"can't be used .*: set RAPPORT_HOME to another folder\.$"):
        Stack(tmp_path / "file" / "home").up(NAMES)


def test_a_busy_kafka_port_that_was_asked_for_is_told(
    tmp_path: Path, kafka_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_KAFKA_PORT", str(kafka_port))
    with pytest.raises(StackError, match=rf"Port {kafka_port} is taken: set RAPPORT_KAFKA_PORT"):
        Stack(tmp_path).up([])


@pytest.fixture
def kafka_port(up: Stack) -> int:
    up.up(NAMES)
    return up.state.ports["kafka-1"]


def test_an_error_inside_the_lock_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError), Stack(tmp_path).locked():
        raise ConnectionError("not the folder's fault")


def test_the_home_is_the_folder_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
    assert Stack().home == tmp_path
    monkeypatch.delenv("RAPPORT_HOME")
    assert Stack().home == Path(Path.cwd()) / ".rapport"
