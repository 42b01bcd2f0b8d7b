"""`rapport token`: a bearer token for trying things out."""

from typing import Annotated

import typer

from rapport.output import Json, failing_clearly, print_json
from rapport.services import SERVICES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read

ALL_SCOPES = (
    *(f"{name}:{right}" for name in SERVICES for right in ("read", "write")),
    "contact:merge",
    "contact:erase",
)


def token(
    scope: Annotated[list[str] | None, typer.Option(help="A scope, such as loyalty:read; all by default.")] = None,
    subject: Annotated[str, typer.Option(help="Who the token is for.")] = "developer",
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it is valid.")] = 12,
    acr: Annotated[str, typer.Option(help="How its owner has just proved who they are, such as phr.")] = "",
    as_json: Json = False,
) -> None:
    """Print a token that the development mode accepts; with an OIDC issuer configured there is none.

    Exit codes: 0 printed, 1 the issuer has to be asked, 2 wrong usage.

    Example: `curl -H "Authorization: Bearer $(rapport token --scope contact:read)" ...`
    """
    scopes = _known(scope) if scope else ALL_SCOPES
    with failing_clearly():
        settings = read(KernelSettings, kafka_bootstrap_servers="not needed to sign a token")
        made = development_token(settings, scopes, subject=subject, hours=hours, acr=acr)
    if as_json:
        print_json({"token": made, "scopes": scopes, "subject": subject, "hours": hours})
    else:
        typer.echo(made)


def _known(scopes: list[str]) -> list[str]:
    for scope in scopes:
        if scope not in ALL_SCOPES:
            raise typer.BadParameter(f"there is no scope {scope!r}: choose of {', '.join(ALL_SCOPES)}.")
    return scopes
