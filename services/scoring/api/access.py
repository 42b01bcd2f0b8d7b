"""Who may do what: the scopes, and what no customer's own token reaches."""

from typing import Annotated

from services.scoring.domain.events import CustomerScored
from shared.errors import Missing
from shared.http import Call, scope

Reading = Annotated[Call, scope("scoring:read")]
Writing = Annotated[Call, scope("scoring:write")]


def must_see_all(call: Call) -> None:
    """Raise Missing where the token is one customer's: what is about everyone doesn't exist for them."""
    if call.caller.customer is not None:
        raise Missing("not-yours", "There is nothing here that this token may see.")


def scored(latest: CustomerScored | None) -> CustomerScored:
    """Return the score; Missing where no run has made one yet."""
    if latest is None:
        raise Missing("not-scored", "No run has scored this customer: ask for a run once they have bought something.")
    return latest


def unknown_then() -> Missing:
    """Return the answer for a moment at which nothing counts of what is known now."""
    return Missing("unknown-then", "Nothing of it had happened, or was known, at the time that you ask about.")
