"""A batch of a pool's codes: written once, it leads from a code's number to its name."""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from services.loyalty.domain.codes.events import CodeBatchLoaded
from shared.decider import Decider
from shared.errors import Missing


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


def batch_of(reward_id: str, firsts: Sequence[int], number: int) -> str:
    """Return the key of the batch that holds a number; `firsts` are the first numbers of all batches, in order."""
    place = bisect_right(firsts, number)
    return batch_key(reward_id, firsts[place - 1] if place else 0)


def name_of(batch: CodeBatchLoaded | None, number: int) -> str:
    """Return the name of the code with this number. Raises Missing where the batch holds none."""
    if batch is None or not 0 <= number - batch.first < len(batch.names):
        raise Missing("code-unknown", "The pool has no code of this number.")
    return batch.names[number - batch.first]
