"""`rapport up` and `rapport down`."""

from typing import Annotated

import typer

from rapport import stack as whole
from rapport.output import Json, console, failing_clearly, print_json
from shared.stack.stack import Stack


def up(
    stack_only: Annotated[bool, typer.Option(help="Start PostgreSQL and Kafka, and none of the services.")] = False,
    as_json: Json = False,
) -> None:
    """Start PostgreSQL, Kafka and the four services; say what already runs.

    Example: `rapport up --stack-only`
    """
    with failing_clearly():
        stack = Stack()
        whole.up(stack, services=not stack_only, tell=lambda line: None if as_json else console.print(line))
        urls = {name: service.url for name, service in stack.state.services.items()}
    if as_json:
        print_json({"home": str(stack.home), "services": urls, "environment": dict(stack.environment())})
    else:
        for name, url in urls.items():
            console.print(f"{name:8} {url}/docs")


def down(as_json: Json = False) -> None:
    """Stop the services, Kafka and PostgreSQL. Data stays.

    Example: `rapport down`
    """
    with failing_clearly():
        told = Stack().down()
    if as_json:
        print_json(told)
    else:
        console.print("\n".join(told) or "Nothing runs here.")
