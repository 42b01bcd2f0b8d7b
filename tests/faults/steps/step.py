"""A step: one fault, told by its kind in `do`, at a time or at a point of progress."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from tests.faults.deployment import Deployment


class StepFailed(Exception):
    """What the step was to see didn't come; the message says what."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """The fields of every step: begun `at` seconds of the load, or `after` so many acknowledged commands.

    A kind of step is a subclass with a tag, listed in `tests.faults.steps.STEPS`.
    """

    at: Annotated[float, Meta(ge=0)] | None = None
    after: Annotated[int, Meta(ge=0)] | None = None

    async def run(self, deployment: "Deployment") -> None:
        """Do it, and return when it is over: what is begun here and must end, ends here. Raises StepFailed.

        Steps run beside the load and beside each other.
        """
        raise NotImplementedError
