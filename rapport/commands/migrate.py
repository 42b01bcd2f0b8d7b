"""`rapport migrate`: bring databases to the newest tables."""

import asyncio
from typing import Annotated

import typer

from rapport.output import Json, console, failing_clearly, print_json
from rapport.services import SERVICES, load
from rapport.stack import environment
from shared import migrations
from shared.stack.stack import Stack


def migrate(
    service: Annotated[list[str] | None, typer.Argument(help="Which services; all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Apply the migrations that a database lacks. They only add, so the program that runs goes on.

    Example: `rapport migrate loyalty`
    """
    with failing_clearly():
        urls = database_urls()
        names = service or list(SERVICES)
        applied = {name: asyncio.run(migrations.migrate(load(name), urls[name])) for name in names}
    if as_json:
        print_json(applied)
    else:
        for name, revisions in applied.items():
            console.print(f"{name}: {', '.join(revisions) or 'nothing to do'}")


def database_urls() -> dict[str, str]:
    """Return each service's database address, from the environment or the running stack."""
    import os

    variables = {**environment(Stack()), **os.environ}
    return {name: variables[f"{name.upper()}_DATABASE_URL"] for name in SERVICES}
