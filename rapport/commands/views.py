"""`rapport views`: which views there are, whether they equal the log, and how to make them anew or go back."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rapport.commands.arguments import OneOrAll, OneService
from rapport.commands.opened import Opened, opened
from rapport.output import Json, console, errors, failing_clearly, print_json
from rapport.services import SERVICES, load
from shared.views.audit import Audited, audit, count_rows
from shared.views.builds import Build, builds
from shared.views.fold_processes import Where
from shared.views.rebuild import Rebuilt, Tell, rebuild
from shared.views.rollback import RolledBack, rollback

app = typer.Typer(help="Views: the rows that lists read.", no_args_is_help=True)

OneView = Annotated[str | None, typer.Option("--view", help="One view; else all of the service.")]
Views = Annotated[list[str] | None, typer.Argument(help="Views by name; all of the service by default.")]


@app.command("list")
def list_views(service: OneOrAll = None, as_json: Json = False) -> None:
    """List the views with their versions, their rows, and the builds that are in use, kept or given up.

    Example: `rapport views list loyalty`
    """
    with failing_clearly():
        found = asyncio.run(_list([service] if service else SERVICES))
    if as_json:
        print_json(found)
        return
    table = Table("service", "view", "version", "rows", "build", "since", "before", "failed")
    for row in found:
        by_state = {item.state: item for item in row["builds"]}
        live = by_state.get("live")
        since = live.ended_at.isoformat(timespec="seconds") if live and live.ended_at else ""
        before = by_state["before"].number if "before" in by_state else ""
        failed = sum(item.state in ("failed", "building") for item in row["builds"])
        table.add_row(row["service"], row["view"], str(row["version"]), f"{row['rows']:,}",
                      str(live.number if live else 0), since, str(before), str(failed or ""))  # fmt: skip
    console.print(table)


async def _list(services: Any) -> list[dict[str, Any]]:
    found = []
    for name in services:
        async with opened(name) as at:
            known: list[Build] = await builds(at.pool, [view.table.name for view in at.service.views])
            for view in at.service.views:
                own = [item for item in known if item.table == view.table.name]
                rows = await count_rows(at.pool, view)
                version = at.service.views_version
                found.append({"service": name, "view": view.name, "version": version, "rows": rows, "builds": own})
    return found


@app.command("rebuild")
def rebuild_views(
    service: OneService,
    views: Views = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=12, help="How many fold at once; cores by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make views anew from the log and the topics, beside the ones in use, and swap them in.

    Reads, writes and workers go on. The table before is kept for `rollback`. Killed, it leaves the view as it was.

    Example: `rapport views rebuild loyalty members`
    """

    async def one(at: Opened, view: str, tell: Tell) -> Rebuilt:
        return await rebuild(at.service, view, _where(service, at, processes), tell=tell)

    with failing_clearly():
        done = asyncio.run(_each(service, views, one))
    if as_json:
        print_json(done)
    for item in () if as_json else done:
        console.print(
            f"{item.view}: build {item.number} is in use: {item.rows:,} rows, {item.changed:,} of them changed;"
            f" {item.events:,} events in {item.seconds:.1f} s; the swap held its lock for {item.held_ms:.1f} ms;"
            f" {item.freed} parked messages took effect, {item.parked} more wait.",
            highlight=False,
        )


@app.command("rollback")
def roll_back(service: OneService, view: str, as_json: Json = False) -> None:
    """Let the table before a rebuild catch up with what came since, and take its place again.

    Example: `rapport views rollback loyalty members`
    """

    async def one(at: Opened, name: str, tell: Tell) -> RolledBack:
        return await rollback(at.service, name, _where(service, at), tell=tell)

    with failing_clearly():
        (done,) = asyncio.run(_each(service, [view], one))
    if as_json:
        print_json(done)
    else:
        console.print(
            f"{done.view}: build {done.number} is in use again, with {done.events:,} events that came since;"
            f" the swap held its lock for {done.held_ms:.1f} ms; {done.parked} more messages wait.",
            highlight=False,
        )


def _where(service: str, at: Opened, processes: int | None = None) -> Where:
    return Where(at.database_url, at.bootstrap_servers, partial(load, service), processes)


async def _each(
    service: str, views: list[str] | None, work: Callable[[Opened, str, Tell], Awaitable[Any]]
) -> list[Any]:
    """Do the work for one view after the other, with a bar for each on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
               TimeRemainingColumn())  # fmt: skip
    async with opened(service) as at:
        with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
            return [
                await work(at, view, _bar(progress, view)) for view in views or [view.name for view in at.service.views]
            ]


def _bar(progress: Progress, view: str) -> Tell:
    task = progress.add_task(view, total=None, rate="")

    def tell(stage: str, done: int, total: int) -> None:
        speed = progress.tasks[task].speed
        rate = f"{speed:,.0f}/s" if speed and stage == "fold" else ""
        progress.update(task, description=f"{view}: {stage}", completed=done, total=total or None, rate=rate)

    return tell


@app.command("audit")
def audit_views(
    service: OneOrAll = None,
    view: OneView = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Look at about so many rows of each view.")] = None,
    as_json: Json = False,
) -> None:
    """Fold views afresh from the log and compare them row for row. Exit code 1 when a row differs.

    It may run at any time: rows and places are read in one snapshot.

    Example: `rapport views audit contact --view customers --sample 1000`
    """
    if view and not service:
        raise typer.BadParameter("name the service of the view.")
    chosen = [service] if service else SERVICES
    with failing_clearly():
        found = {name: asyncio.run(audit_service(name, [view] if view else [], sample)) for name in chosen}
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


async def audit_service(name: str, views: list[str] | None = None, sample: int | None = None) -> list[Audited]:
    """Return the audit of one service's views."""
    async with opened(name) as at:
        return list(await audit(at.service, at.pool, at.bootstrap_servers, views=views or (), sample=sample))
