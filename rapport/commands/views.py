"""`rapport views`: which views there are, and whether they equal a fresh fold of the log."""

import asyncio
from typing import Any

import typer
from rich.table import Table

from rapport.commands.arguments import OneOrAll
from rapport.commands.opened import opened
from rapport.output import Json, console, failing_clearly, print_json
from rapport.services import SERVICES
from shared.views.audit import Audited, audit, count_rows

app = typer.Typer(help="Views: the rows that lists read.", no_args_is_help=True)


@app.command("list")
def list_views(service: OneOrAll = None, as_json: Json = False) -> None:
    """List the views with their versions and rows.

    Example: `rapport views list loyalty`
    """
    with failing_clearly():
        found = asyncio.run(_list([service] if service else SERVICES))
    if as_json:
        print_json(found)
        return
    table = Table("service", "view", "version", "rows")
    for row in found:
        table.add_row(row["service"], row["view"], str(row["version"]), f"{row['rows']:,}")
    console.print(table)


async def _list(services: Any) -> list[dict[str, Any]]:
    found = []
    for name in services:
        async with opened(name) as at:
            for view in at.service.views:
                rows = await count_rows(at.pool, view)
                found.append({"service": name, "view": view.name, "version": at.service.views_version, "rows": rows})
    return found


@app.command("audit")
def audit_views(service: OneOrAll = None, as_json: Json = False) -> None:
    """Fold every view afresh from the log and compare it row for row. Exit code 1 when a row differs.

    Run it while nothing flows. Example: `rapport views audit contact`
    """
    with failing_clearly():
        found = {name: asyncio.run(audit_service(name)) for name in ([service] if service else SERVICES)}
    if as_json:
        print_json(found)
    else:
        table = Table("service", "view", "rows compared", "differences", "first difference")
        for name, results in found.items():
            for item in results:
                table.add_row(name, item.view, f"{item.rows:,}", str(item.differences), item.first or "")
        console.print(table)
    if any(item.differences for results in found.values() for item in results):
        raise typer.Exit(1)


async def audit_service(name: str) -> list[Audited]:
    """Return the audit of one service's views."""
    async with opened(name) as at:
        return list(await audit(at.service, at.pool, at.bootstrap_servers))
