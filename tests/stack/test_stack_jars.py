"""Kafka's jars: only the ones that were locked, fetched once, and whatever is amiss told in one sentence."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jgo.env import LockFile, compute_spec_hash
from jgo.maven import _core as maven

from shared.stack.errors import StackError
from shared.stack.jars import LOCK, SPECIFICATION, class_path

JAR = b"not really a jar, but whole"
PLACE = "org/example/thing/1.0/thing-1.0.jar"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on loopback; the returned file is its one jar."""
    jar = tmp_path / "repository" / PLACE
    jar.parent.mkdir(parents=True)
    jar.write_bytes(JAR)

    def serve(*arguments: Any) -> Quiet:
        return Quiet(*arguments, directory=str(tmp_path / "repository"))

    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setitem(maven.DEFAULT_REMOTE_REPOS, "central", f"http://127.0.0.1:{server.server_port}")
        yield jar
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "jgo.lock.toml"
    file.write_text(
        "[metadata]\n[[dependencies]]\n"
        'groupId = "org.example"\nartifactId = "thing"\nversion = "1.0"\npackaging = "jar"\n'
        f'sha256 = "{hashlib.sha256(JAR).hexdigest()}"\n'
    )
    return file


def test_every_jar_is_locked_by_its_sha256_and_without_an_address() -> None:
    assert all(len(item.sha256 or "") == 64 for item in LockFile.load(LOCK).dependencies)
    assert "://" not in LOCK.read_text()


def test_the_lock_is_of_the_specification_beside_it() -> None:
    assert LockFile.load(LOCK).spec_hash == compute_spec_hash(SPECIFICATION)


def test_without_network_and_cache_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"jar org\.apache\.kafka:kafka_2\.13.* connect this machine .* or set KAFKA_"):
        class_path(cache=tmp_path / "empty", offline=True)


def test_a_jar_is_fetched_once(repository: Path, lock: Path, tmp_path: Path) -> None:
    (first,) = class_path(lock, cache=tmp_path / "cache")
    repository.unlink()

    assert first.read_bytes() == JAR
    assert class_path(lock, cache=tmp_path / "cache") == [first]


@pytest.mark.usefixtures("repository")
def test_a_jar_whose_fetching_broke_off_is_fetched_again(lock: Path, tmp_path: Path) -> None:
    half = tmp_path / "cache" / PLACE
    half.parent.mkdir(parents=True)
    half.write_bytes(JAR[:5])

    assert class_path(lock, cache=tmp_path / "cache") == [half]
    assert half.read_bytes() == JAR


def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(repository: Path, lock: Path, tmp_path: Path) -> None:
    repository.write_bytes(b"something else")

    with pytest.raises(StackError, match=r"org\.example:thing:1\.0 is not the jar that was locked"):
        class_path(lock, cache=tmp_path / "cache")

    assert not (tmp_path / "cache" / PLACE).exists()


def test_a_cache_that_can_t_be_written_is_told(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StackError, match=r"can't be kept in .*: free some disk space, or set M2_REPO"):
        class_path(lock, cache=tmp_path / "file" / "cache")
