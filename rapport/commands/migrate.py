"""`rapport migrate`: bring databases to the newest tables."""

import asyncio
from collections.abc import Mapping, Sequence

from rapport.commands.arguments import AnyDatabases
from rapport.output import Json, console, failing_clearly, print_json
from rapport.services import SERVICES, load
from rapport.stack import database_variable, environment
from shared import migrations
from shared.migrations import KEYS
from shared.stack.stack import Stack


def migrate(database: AnyDatabases = None, as_json: Json = False) -> None:
    """Apply the migrations that a database lacks. They only add, so the program that runs goes on.

    Exit codes: 0 up to date, 1 failed (the message says the next step), 2 wrong usage.

    Example: `rapport migrate loyalty`
    """
    with failing_clearly():
        names = database or (KEYS, *SERVICES)
        services = [name for name in names if name != KEYS]
        applied = asyncio.run(_migrate(names, environment(Stack(), services)))
    if as_json:
        print_json(applied)
    else:
        for name, revisions in applied.items():
            console.print(f"{name}: {', '.join(revisions) or 'nothing to do'}", soft_wrap=True)


async def _migrate(names: Sequence[str], variables: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: await _bring_up_to_date(name, variables[database_variable(name)]) for name in names}


async def _bring_up_to_date(name: str, database_url: str) -> list[str]:
    if name == KEYS:
        return await migrations.migrate_keys(database_url)
    return await migrations.migrate(load(name), database_url)
