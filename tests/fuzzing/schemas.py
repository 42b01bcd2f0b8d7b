"""One run of Schemathesis: a service, a kind of caller, and how much of it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzzing.callers import authorization, environment

HERE = Path(__file__).parent
SECONDS = 240


def ask(
    url: str, service: str, kind: str, options: Sequence[str], *, seconds: float | None = SECONDS
) -> subprocess.CompletedProcess[str]:
    """Ask a service as this kind of caller, by its served schema; the exit code is 0 where nothing is found."""
    header = authorization(kind, service)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"{url}/openapi.json", "--no-color", "--report-dir", "/nonexistent"),
        *(("--header", f"Authorization: {header}") if header else ()),
        *options,
    ]
    own = {"SCHEMATHESIS_HOOKS": "tests.fuzzing.hooks", "PYTHONPATH": str(HERE.parents[1])}
    variables = {**environment(kind, service), **own}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=seconds, check=False)
