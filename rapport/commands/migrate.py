"""`rapport migrate`: bring databases to the newest tables."""

import asyncio
from collections.abc import Mapping, Sequence

from rapport.commands.arguments import AnyServices
from rapport.output import Json, console, failing_clearly, print_json
from rapport.services import SERVICES, load
from rapport.stack import database_variable, environment
from shared import migrations
from shared.stack.stack import Stack


def migrate(service: AnyServices = None, as_json: Json = False) -> None:
    """Apply the migrations that a database lacks. They only add, so the program that runs goes on.

    Exit codes: 0 up to date, 1 failed (the message says the next step), 2 wrong usage.

    Example: `rapport migrate loyalty`
    """
    with failing_clearly():
        names = service or SERVICES
        applied = asyncio.run(_migrate(names, environment(Stack(), names)))
    if as_json:
        print_json(applied)
    else:
        for name, revisions in applied.items():
            console.print(f"{name}: {', '.join(revisions) or 'nothing to do'}", soft_wrap=True)


async def _migrate(names: Sequence[str], variables: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: await migrations.migrate(load(name), variables[database_variable(name)]) for name in names}
