"""`rapport doctor`: is everything there, and if not, what comes next."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from rapport.examine import Finding, examine
from rapport.masked import masked_settings
from rapport.output import Json, console, failing_clearly, print_json
from shared.stack.stack import Stack


def doctor(
    settings: Annotated[bool, typer.Option("--settings", help="Show every setting too, secrets masked.")] = False,
    as_json: Json = False,
) -> None:
    """Look at the whole set-up and say the next step for whatever is amiss. Changes nothing.

    Exit codes: 0 all is well, 1 something is amiss, 2 wrong usage.

    Example: `rapport doctor --settings`
    """
    with failing_clearly():
        findings = asyncio.run(examine(Stack()))
        read = masked_settings() if settings else {}
    if as_json:
        print_json({"findings": findings, **({"settings": read} if settings else {})})
    else:
        _show(findings, read)
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


def _show(findings: list[Finding], settings: dict[str, str]) -> None:
    table = Table("", "what", "found", "next step")
    for item in findings:
        table.add_row("[green]ok[/green]" if item.ok else "[red]no[/red]", item.what, item.found, item.next_step)
    console.print(table)
    for name, value in settings.items():
        console.print(f"{name}={value}", markup=False, highlight=False, soft_wrap=True)
