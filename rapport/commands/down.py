"""`rapport down`: everything that `rapport up` started, stopped in order."""

from rapport.output import Json, console, failing_clearly, print_json
from shared.stack.stack import Stack


def down(as_json: Json = False) -> None:
    """Stop the services, then Kafka and PostgreSQL. Data stays; `rapport up` goes on with it.

    Exit codes: 0 nothing runs any more, 1 failed (the message says the next step), 2 wrong usage.

    Example: `rapport down`
    """
    with failing_clearly():
        told = Stack().down()
    if as_json:
        print_json(told)
    else:
        console.print("\n".join(told) or "Nothing runs here.")
