"""What only the staff may ask for: to a customer's own token it doesn't exist."""

from shared.errors import Missing
from shared.http import Call


def must_be_staff(call: Call) -> str:
    """Return who of the staff asks. Raises Missing for a token that is a customer's own."""
    if call.caller.customer is not None:
        raise Missing("not-yours", "There is nothing here that this token may do.")
    return call.caller.subject
