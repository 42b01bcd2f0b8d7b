"""`rapport run`: one service in one role, in the foreground."""

from typing import Annotated

import typer

from rapport.commands.arguments import OneService
from rapport.output import failing_clearly
from rapport.services import load
from rapport.stack import enter
from shared.runtime.process import Role, run
from shared.stack.stack import Stack


def run_service(
    service: OneService,
    role: Annotated[Role, typer.Option(help="api answers HTTP, worker moves events, all does both.")] = Role.ALL,
) -> None:
    """Run one service until Ctrl-C or SIGTERM, on the parts that the environment names, else on `rapport up`'s.

    Exit codes: 0 stopped in order, 1 can't run (the message says the next step), 2 wrong usage.

    Example: `LOYALTY_PORT=8003 rapport run loyalty --role api`
    """
    with failing_clearly():
        enter(Stack(), service)
        run(load(service), role)
