"""`rapport up`: PostgreSQL, Kafka and the four services, started where they don't run."""

from typing import Annotated

import typer

from rapport import stack as whole
from rapport.output import Json, console, failing_clearly, print_json
from shared.stack.stack import Stack


def up(
    stack_only: Annotated[bool, typer.Option(help="Start PostgreSQL and Kafka, and none of the services.")] = False,
    as_json: Json = False,
) -> None:
    """Start PostgreSQL, Kafka and the four services; say what already runs, and start what was killed anew.

    Data and addresses are kept in `.rapport`, or in the folder that RAPPORT_HOME names. What `*_DATABASE_URL` and
    `KAFKA_BOOTSTRAP_SERVERS` name is used instead of a part of our own.

    Exit codes: 0 all run, 1 something doesn't start (the message says the next step), 2 wrong usage.

    Example: `rapport up --stack-only`
    """
    with failing_clearly():
        stack = Stack()
        whole.up(stack, services=not stack_only, tell=lambda line: None if as_json else _tell(line))
        urls = {name: service.url for name, service in stack.state.services.items()}
    if as_json:
        print_json({"home": str(stack.home), "services": urls, "environment": dict(stack.environment())})
    elif not stack_only:
        _tell("\n".join(f"{name:8} {url}/docs" for name, url in urls.items()))


def _tell(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
