"""Kafka's jars: resolved by jgo from the locked coordinates, each checked against its sha256 before use.

`python -m shared.stack.jars` locks them anew after a change of jgo.toml.
"""

import hashlib
from pathlib import Path

from fasteners import InterProcessLock
from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockedDependency, LockFile, compute_spec_hash
from jgo.maven import MavenContext

from shared.stack.errors import StackError

LOCK = Path(__file__).parents[2] / "deploy" / "kafka" / "jgo.lock.toml"
SPECIFICATION = LOCK.with_name("jgo.toml")


def are_here(lock: Path = LOCK) -> bool:
    """Tell whether all are in the user's cache, so that nothing needs to be fetched."""
    context = MavenContext()
    return all(_place(context, item).exists() for item in LockFile.load(lock).dependencies)


def class_path(lock: Path = LOCK, *, cache: Path | None = None, offline: bool = False) -> list[Path]:
    """Return the files of the class path, fetching those that the cache lacks (44 MB the first time).

    `cache` is a Maven repository folder; by default the user's own.
    Raises StackError when a jar can't be had, or isn't the one that was locked.
    """
    context = MavenContext(repo_cache=cache, offline=offline, timeout=30)
    locked = LockFile.load(lock).dependencies
    jars = [_place(context, item) for item in locked]
    if not all(_is_whole(jar, item) for jar, item in zip(jars, locked, strict=True)):
        _fetch(context, locked)
    return jars


def _fetch(context: MavenContext, locked: list[LockedDependency]) -> None:
    """Fetch what is missing or broken, one process at a time: nobody takes a half-written file for whole."""
    try:
        context.repo_cache.mkdir(parents=True, exist_ok=True)
        with InterProcessLock(context.repo_cache / ".rapport.lock"):
            for item in locked:
                _fetch_one(context, item)
    except OSError as error:
        raise StackError(
            f"Kafka's jars can't be kept in {context.repo_cache} ({error.strerror or error}): free some disk space,"
            f" or set M2_REPO to a folder that can be written."
        ) from error


def _fetch_one(context: MavenContext, item: LockedDependency) -> None:
    path = _place(context, item)
    if _is_whole(path, item):
        return
    path.unlink(missing_ok=True)  # what is there was broken off, or is not what was locked
    name = f"{item.groupId}:{item.artifactId}:{item.version}"
    try:
        component = context.project(item.groupId, item.artifactId).at_version(item.version)
        component.artifact(item.classifier or "", item.packaging).resolve()
    except Exception as error:
        raise StackError(
            f"Kafka's jar {name} is neither in {context.repo_cache} nor can it be fetched: connect this machine to"
            f" the internet for the first start, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka of yours."
        ) from error
    if not _is_whole(path, item):
        path.unlink(missing_ok=True)
        raise StackError(f"The repository's {name} is not the jar that was locked: check what stands between you two.")


def _place(context: MavenContext, item: LockedDependency) -> Path:
    folder = context.repo_cache.joinpath(*item.groupId.split("."), item.artifactId, item.version)
    classifier = f"-{item.classifier}" if item.classifier else ""
    return folder / f"{item.artifactId}-{item.version}{classifier}.{item.packaging}"


def _is_whole(jar: Path, item: LockedDependency) -> bool:
    return jar.exists() and hashlib.sha256(jar.read_bytes()).hexdigest() == item.sha256


def lock_anew() -> None:
    """Resolve the specification afresh, and write down what came of it."""
    locked = EnvironmentBuilder(context=MavenContext()).resolve_lockfile(EnvironmentSpec.load(SPECIFICATION))
    locked.spec_hash = compute_spec_hash(SPECIFICATION)
    locked.save(LOCK)


if __name__ == "__main__":
    lock_anew()
