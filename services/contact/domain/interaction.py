"""An interaction: a call, a message, a visit, recorded once under its provider's own id."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct, structs

from shared.decider import Decider
from shared.errors import Rejected
from shared.privacy.personal import Personal, same


class InteractionRecorded(Struct, frozen=True):
    """The company and the customer were in touch; `topic` says about what, where the channel knows."""

    customer_id: UUID
    source: str
    interaction_id: str
    channel: str
    direction: str
    topic: str | None = None
    summary: Personal | None = None
    duration_seconds: int | None = None
    invented: bool = False


class RecordInteraction(Struct, frozen=True):
    """Record an interaction, once."""

    customer_id: UUID
    source: str
    interaction_id: str
    channel: str
    direction: str
    topic: str | None = None
    summary: Personal | None = None
    duration_seconds: int | None = None
    invented: bool = False


class Interaction(Struct, frozen=True):
    """The interaction as recorded."""

    recorded: InteractionRecorded | None = None


def decide(command: RecordInteraction, interaction: Interaction) -> Sequence[InteractionRecorded]:
    """Record once; the same again is quiet; other content under the same id is refused."""
    fact = InteractionRecorded(*structs.astuple(command))
    if interaction.recorded is None:
        return (fact,)
    if not same(interaction.recorded, fact):
        raise Rejected(
            "interaction-differs",
            f"Interaction {command.interaction_id} of {command.source} is recorded with other content."
            " Use the provider's own id for each interaction.",
        )
    return ()


def evolve(interaction: Interaction, event: InteractionRecorded) -> Interaction:
    """Return the interaction as it is after the event."""
    return Interaction(event)


INTERACTION = Decider("interaction", Interaction(), decide, evolve)
