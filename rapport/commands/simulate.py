"""`rapport loyalty simulate`: what would have been under other rules, over a period of real history."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rapport.loyalty_client import local_loyalty, loyalty_client
from rapport.output import Json, console, errors, failing_clearly, print_json
from rapport.programme_file import read_programme
from rapport.simulate_programme import request_of
from rapport.simulate_programme import simulate as carried_out
from rapport.told_simulation import sentence, tables

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]
Moment = "%Y-%m-%dT%H:%M:%SZ"
File = Annotated[
    Path, typer.Argument(help="A programme, or a patch of one, as YAML or JSON.", exists=True, dir_okay=False)
]
Since = Annotated[datetime, typer.Option("--from", help="From when on facts are played, in UTC.", formats=FORMATS)]
Until = Annotated[datetime, typer.Option("--to", help="Before when, in UTC.", formats=FORMATS)]


def simulate(
    file: File,
    since: Since,
    until: Until,
    programme: Annotated[str | None, typer.Option(help="The programme that a patch is of.")] = None,
    members: Annotated[int, typer.Option(min=0, max=100, help="How many members are named.")] = 10,
    url: Annotated[str | None, typer.Option(help="Loyalty's address; by default that of `rapport up`.")] = None,
    as_json: Json = False,
) -> None:
    """Play a period of real history under other rules or tiers, and compare with what really happened.

    Nothing live is touched. A patch is a JSON merge patch in which rules are by id. Interrupt it (Ctrl-C) to call it
    off. The token in LOYALTY_TOKEN is used; without it, one of the development mode.
    Exit codes: 0 played, 1 not (the message says why), 2 wrong usage.

    Example: `rapport loyalty simulate double.yaml --programme shop --from 1997-04-01 --to 1997-07-01`
    """
    with failing_clearly():
        asked = request_of(read_programme(file), programme, since.strftime(Moment), until.strftime(Moment), members)
        shown = asyncio.run(_watched(url or local_loyalty(), asked))
        if shown["status"] != "finished":
            raise ValueError(f"The simulation was {shown['status']}: {shown['reason'] or 'somebody called it off'}.")
    if as_json:
        print_json(shown)
        return
    console.print(sentence(shown), markup=False, soft_wrap=True)
    for table in tables(shown):
        console.print(table)


async def _watched(url: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("waiting", total=1.0)

        def told(shown: Mapping[str, Any]) -> None:
            bar.update(task, completed=shown["progress"], description=shown["status"])

        async with loyalty_client(url) as client:
            return await carried_out(client, request, told)
