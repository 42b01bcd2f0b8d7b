"""A batch of a pool's codes: written once, it leads from a code's number to its name."""

from collections.abc import Sequence

from msgspec import Struct

from services.loyalty.domain.codes.events import CodeBatchLoaded
from shared.decider import Decider


class LoadBatch(Struct, frozen=True):
    """Keep the names of codes whose numbers begin at `first`."""

    reward_id: str
    first: int
    names: tuple[str, ...]


def decide(command: LoadBatch, batch: CodeBatchLoaded | None) -> Sequence[CodeBatchLoaded]:
    """Keep the batch; it is the same for ever."""
    return () if batch else (CodeBatchLoaded(command.reward_id, command.first, command.names),)


def evolve(_: CodeBatchLoaded | None, event: CodeBatchLoaded) -> CodeBatchLoaded:
    """Return the batch: the event is all there is."""
    return event


BATCH: Decider[LoadBatch, CodeBatchLoaded, CodeBatchLoaded | None] = Decider("batch", None, decide, evolve)


def batch_key(reward_id: str, first: int) -> str:
    """Return the key of the batch's stream."""
    return f"{reward_id}.{first}"
