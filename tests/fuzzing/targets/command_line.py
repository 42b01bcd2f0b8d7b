"""Command lines: usage is explained, or the arguments are what the command can take; nothing is carried out here."""

import contextlib
import io
from typing import Any

import typer

from rapport.main import app

_COMMAND: Any = typer.main.get_command(app)
_REFUSED = (typer.BadParameter.__mro__[2], typer.Exit, typer.Abort)
"""The base of all that the parser says no by, which Typer keeps to itself; help asked for ends by Exit."""


def one(data: bytes) -> None:
    """Parse `data` as a line of arguments, one between two newlines."""
    words = [word.decode(errors="replace") for word in data.split(b"\n")]
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence), contextlib.suppress(*_REFUSED):
        _parse(_COMMAND, words)


def _parse(command: Any, words: list[str], parent: Any = None) -> None:
    context = command.make_context("rapport", words, parent=parent)
    rest = [*context._protected_args, *context.args]
    if hasattr(command, "resolve_command") and rest:
        _, inner, left = command.resolve_command(context, rest)
        _parse(inner, left, context)
