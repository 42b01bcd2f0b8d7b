"""How commands speak: results to standard output, errors to standard error, colours and bars on a terminal only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import asyncpg
import msgspec
import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from shared.errors import Rejected
from shared.relay.recover import Incomplete
from shared.settings import SettingsInvalid
from shared.stack.errors import StackError

console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

TOLD = (StackError, SettingsInvalid, Rejected, Incomplete, KeyError, ValueError)
"""What was raised with a sentence for the person at the terminal."""

UNREACHED = (OSError, TimeoutError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What libraries raise when PostgreSQL, Kafka or a file isn't as it should be."""


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str)).decode() + "\n")


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn what a person can mend into one sentence and exit code 1."""
    try:
        yield
    except TOLD as error:
        _fail(str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error) or type(error).__name__)
    except UNREACHED as error:
        _fail(f"{str(error) or type(error).__name__}: `rapport doctor` tells what is amiss.")


def _fail(sentence: str) -> None:
    errors.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1) from None
