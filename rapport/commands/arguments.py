"""The arguments that several commands take, each checked before anything is opened."""

from typing import Annotated

import typer

from rapport.services import SERVICES
from shared.migrations import KEYS

HELP = f"{', '.join(SERVICES[:-1])} or {SERVICES[-1]}"


def known(name: str | None) -> str | None:
    """Refuse a name that is no service's, as wrong usage."""
    if name is not None and name not in SERVICES:
        raise typer.BadParameter(f"there is no service {name!r}: choose {HELP}.")
    return name


def all_databases(names: list[str] | None) -> list[str] | None:
    """Refuse names that are neither a service's nor the key database's, as wrong usage."""
    for name in names or ():
        if name != KEYS:
            known(name)
    return names


OneService = Annotated[str, typer.Argument(help=f"{HELP}.", callback=known)]
AnyDatabases = Annotated[
    list[str] | None, typer.Argument(help=f"{HELP}, or {KEYS}; all by default.", callback=all_databases)
]
OneOrAll = Annotated[str | None, typer.Argument(help=f"{HELP}; all by default.", callback=known)]
