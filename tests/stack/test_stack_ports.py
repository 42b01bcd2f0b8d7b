"""Ports: the one that was asked for, else the last one, else a free one; and processes by more than their number."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.stack.errors import StackError
from shared.stack.ports import choose_port, free_ports, port_is_free
from shared.stack.processes import Process, last_words, start_detached

VARIABLE = "SOME_PORT"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_free_ports_are_all_different() -> None:
    found = free_ports(20)
    assert len(set(found)) == 20
    assert all(map(port_is_free, found))


def test_the_port_that_was_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    (wanted, last) = free_ports(2)
    monkeypatch.setenv(VARIABLE, str(wanted))
    assert choose_port(VARIABLE, last) == wanted


def test_the_last_port_is_kept_while_it_is_free(taken: int) -> None:
    (last,) = free_ports(1)
    assert choose_port(VARIABLE, last) == last
    assert choose_port(VARIABLE, taken) != taken


def test_a_busy_port_that_was_asked_for_is_told(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(taken))
    with pytest.raises(StackError, match=rf"^Port {taken} is taken: set SOME_PORT to a free one, or unset it\.$"):
        choose_port(VARIABLE, None)


@pytest.mark.parametrize("wrong", ["", "http", "-1", "65536", "80 "])
def test_what_is_no_port_is_told(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, wrong)
    with pytest.raises(StackError, match=r"SOME_PORT is .* no port"):
        choose_port(VARIABLE, None)


def test_a_recycled_number_is_not_the_same_process() -> None:
    assert Process.of(os.getpid()).alive
    assert not Process(os.getpid(), created=1.0).alive


def test_a_process_that_does_not_end_by_itself_is_ended(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    process = start_detached([sys.executable, "-c", stubborn], tmp_path / "log")
    while not (tmp_path / "log").read_text():
        pass
    process.stop(0.1)
    assert not process.alive


def test_the_last_words_of_a_log_are_not_a_step_of_a_stack_trace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("started\nFATAL: no space left\n\tat kafka.Kafka.main\n\n")
    assert last_words(log) == "FATAL: no space left"
    assert last_words(tmp_path / "none") == ""
