"""`rapport token`: a bearer token for trying things out."""

import os
from typing import Annotated

import typer

from rapport.output import Json, failing_clearly, print_json
from rapport.services import SERVICES
from rapport.stack import configured
from shared.http.auth import development_token
from shared.settings import KernelSettings, read

ALL_SCOPES = tuple(f"{name}:{right}" for name in SERVICES for right in ("read", "write"))


def token(
    scope: Annotated[list[str] | None, typer.Option(help="A scope, such as loyalty:read; all by default.")] = None,
    subject: Annotated[str, typer.Option(help="Who the token is for.")] = "developer",
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it is valid.")] = 12,
    as_json: Json = False,
) -> None:
    """Print a token that the development mode accepts; with an OIDC issuer configured there is none.

    Example: `curl -H "Authorization: Bearer $(rapport token --scope contact:read)" ...`
    """
    with failing_clearly():
        if not configured():
            os.environ.setdefault("KAFKA_BOOTSTRAP_SERVERS", "unused")
        made = development_token(read(KernelSettings), scope or ALL_SCOPES, subject=subject, hours=hours)
    if as_json:
        print_json({"token": made, "scopes": scope or ALL_SCOPES})
    else:
        typer.echo(made)
