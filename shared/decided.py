"""What was decided, as appends: each event with the time at which it happened, and the stream's timer with the last."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import structs

from shared.decider import Decider
from shared.store.contract import Append, Context

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


def appends_of(
    decider: Decider[C, E, S],
    stream: str,
    expected: int,
    events: Sequence[E],
    before: S,
    after: S,
    *,
    subject: str,
    context: Context,
    opened: Callable[[S], S] | None = None,
) -> list[Append]:
    """Return one append; or one for each event, where some happened at another moment than `context` says.

    `opened` opens the personal texts of a state, for a timer that follows from one.
    """
    wakes_at = decider.moved(before, after, opened)
    times = [decider.happened(event) for event in events] if decider.happened else []
    if all(time is None or time == context.occurred_at for time in times):
        return [Append(stream, expected, subject, events, context, wakes_at)]
    return [
        Append(
            stream,
            expected + place,
            subject,
            [event],
            structs.replace(context, occurred_at=time) if time else context,
            wakes_at,
        )
        for place, (event, time) in enumerate(zip(events, times, strict=True))
    ]
