"""`rapport loyalty`: programmes as files."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rapport.apply_programme import Agree, Applied, apply_programme
from rapport.commands.simulate import simulate
from rapport.loyalty_client import local_loyalty, loyalty_client
from rapport.output import Json, console, errors, failing_clearly, print_json
from rapport.programme_file import read_programme

app = typer.Typer(help="Loyalty programmes, each written as one file.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A programme, as YAML or JSON.", exists=True, dir_okay=False)]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--from", help="From when it counts, in UTC; now by default.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]
    ),
]

app.command("simulate")(simulate)


@app.callback()
def programmes() -> None:
    """Programmes, each written as one file."""


@app.command("apply")
def apply(
    file: File,
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and publish nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Publish a back-dated version without asking.")] = False,
    url: Annotated[str | None, typer.Option(help="Loyalty's address; by default that of `rapport up`.")] = None,
    as_json: Json = False,
) -> None:
    """Check a programme's file, show what it changes, and publish it as the next version.

    A version that counts for a time that has begun is shown first, and published when you agree. The token in
    LOYALTY_TOKEN is used; without it, one of the development mode.
    Exit codes: 0 published, unchanged or shown, 1 not (the message says why), 2 wrong usage.

    Example: `rapport loyalty apply services/loyalty/programmes/shop.yaml --dry-run`
    """
    with failing_clearly():
        document = read_programme(file)
        done = asyncio.run(
            _apply(
                url or local_loyalty(),
                document,
                since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
                dry_run=dry_run,
                agree=lambda shown: yes or (not as_json and _agrees(shown)),
            )
        )
    if as_json:
        print_json(done)
    else:
        _tell(done)
    if done.refused:
        raise typer.Exit(1)


async def _apply(url: str, document: object, since: str | None, *, dry_run: bool, agree: Agree) -> Applied:
    async with loyalty_client(url) as client:
        return await apply_programme(client, document, since, dry_run=dry_run, agree=agree)


def _agrees(shown: Applied) -> bool:
    _say_changes(shown)
    since = shown.preview["effective_from"]
    return typer.confirm(f"It counts from {since} on, back-dated. Publish it?", err=True)


def _tell(done: Applied) -> None:
    if done.refused:
        errors.print(done.refused, style="red", markup=False, highlight=False, soft_wrap=True)
        return
    if done.preview["unchanged"]:
        console.print(f"{done.programme} says so already: nothing to publish.", markup=False, soft_wrap=True)
        return
    _say_changes(done)
    when = f"from {done.preview['effective_from']} on" + (", back-dated" if done.preview["back_dated"] else "")
    what = f"Published as version {done.published}" if done.published else f"Would be version {done.preview['version']}"
    console.print(f"{what} of {done.programme}, {when}.", markup=False, soft_wrap=True)


def _say_changes(done: Applied) -> None:
    for change in done.preview["changes"]:
        console.print(f"{change['at'] or '/'}: {change['says']}", markup=False, soft_wrap=True)
    effect = done.preview.get("effect")
    if effect:
        _say_effect(effect)


def _say_effect(effect: Mapping[str, Any]) -> None:
    of = f"{effect['examined']} of {effect['members']} members, a sample" if effect["sample"] else "all members"
    said = [f"History, by {of}: {effect['facts']} facts judged again, {effect['affected']} members with other points."]
    said += [f"  {currency}: {points:+}" for currency, points in effect["points"].items()]
    said += [
        f"  rule {one['rule']}: {one['before']} becomes {one['after']} {one['points_currency']}"
        for one in effect["rules"]
    ]
    for one in effect["most_affected"]:
        change = ", ".join(f"{points:+} {currency}" for currency, points in one["change"].items())
        said.append(f"  member {one['customer_id']}: {change}")
    console.print("\n".join(said), markup=False, soft_wrap=True)
