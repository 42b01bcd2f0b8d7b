"""How commands speak: results to standard output, errors to standard error, colours and bars on a terminal only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from shared.errors import Rejected
from shared.settings import SettingsInvalid
from shared.stack.errors import StackError

console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str)).decode() + "\n")


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn what a person can mend into one sentence and exit code 1."""
    try:
        yield
    except (StackError, SettingsInvalid, Rejected, KeyError, ValueError, OSError) as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else str(error)
        errors.print(f"[red]{type(error).__name__ if not str(text) else text}[/red]", highlight=False)
        raise typer.Exit(1) from None
