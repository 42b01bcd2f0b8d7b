"""Who may do what: the scopes, and what no customer's own token reaches."""

from typing import Annotated

from shared.errors import Missing
from shared.http import Call, scope

Reading = Annotated[Call, scope("loyalty:read")]
Writing = Annotated[Call, scope("loyalty:write")]


def must_see_all(call: Call) -> None:
    """Raise Missing where the token is one customer's: who runs the programme uses one of their own."""
    if call.caller.customer is not None:
        raise Missing("not-yours", "There is nothing here that this token may see or change.")
