"""`rapport run`: one service in one role, in the foreground."""

import os
from typing import Annotated

import typer

from rapport.output import failing_clearly
from rapport.services import load
from rapport.stack import environment
from shared.runtime.process import Role, run
from shared.stack.stack import Stack


def run_service(
    service: Annotated[str, typer.Argument(help="contact, tickets, loyalty or scoring.")],
    role: Annotated[Role, typer.Option(help="api answers HTTP, worker moves events, all does both.")] = Role.ALL,
) -> None:
    """Run one service until Ctrl-C or SIGTERM, on the parts that the environment names, else on `rapport up`'s.

    Example: `LOYALTY_PORT=8003 rapport run loyalty --role api`
    """
    with failing_clearly():
        declaration = load(service)
        if "KAFKA_BOOTSTRAP_SERVERS" not in os.environ:
            os.environ.update(environment(Stack()))
        run(declaration, role)
