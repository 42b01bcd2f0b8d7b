"""Kafka's jars: resolved by jgo from the locked coordinates, each checked against its sha256 before use."""

import hashlib
from pathlib import Path

from jgo.env import LockFile
from jgo.maven import MavenContext

from shared.stack.errors import StackError

LOCK = Path(__file__).parents[2] / "deploy" / "kafka" / "jgo.lock.toml"


def class_path(lock: Path = LOCK, *, cache: Path | None = None, offline: bool = False) -> list[Path]:
    """Return the files of the class path, fetching those that the cache lacks (44 MB the first time).

    `cache` is a Maven repository folder; by default the user's own.
    Raises StackError when a jar can't be had, or isn't the one that was locked.
    """
    context = MavenContext(repo_cache=cache, offline=offline, timeout=30)
    return [_jar(context, item) for item in LockFile.load(lock).dependencies]


def _jar(context: MavenContext, item: object) -> Path:
    name = f"{item.groupId}:{item.artifactId}:{item.version}"  # type: ignore[attr-defined] # jgo's LockedDependency
    try:
        component = context.project(item.groupId, item.artifactId).at_version(item.version)  # type: ignore[attr-defined]
        path: Path = component.artifact(item.classifier or "", item.packaging).resolve()  # type: ignore[attr-defined]
    except Exception as error:
        raise StackError(
            f"Kafka's jar {name} is neither in the local Maven cache nor can it be fetched: connect this machine"
            f" to a Maven repository for the first start, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka of yours."
        ) from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != item.sha256:  # type: ignore[attr-defined]
        raise StackError(f"{path} is not the jar that was locked ({name}): delete the file and start again.")
    return path
