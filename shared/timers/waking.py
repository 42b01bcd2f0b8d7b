"""One stream is woken: whatever has become due is decided, moment by moment, on the state as it is now."""

from datetime import datetime

from shared.decider import AnyDecider
from shared.policies.work import WorkingSet
from shared.store.contract import Context

CAUSE = "timer"
"""The causation of what no one asked for: the time had come."""

ROUNDS = 1000
"""Moments that one stream may catch up in one go."""


class Restless(Exception):
    """The stream stays due although it was woken: its `wakes` and its `wake` contradict each other."""


def wake(work: WorkingSet, decider: AnyDecider, stream: str) -> datetime | None:
    """Decide what is due at `work.now`, and return when the stream wakes next (None: never).

    A stream that isn't due is left alone. Raises what the decider raises, Restless, and
    Needed or KeyNeeded for what the decider looks at; the caller then takes back what
    was decided here, and for those tries again (`work.decide`).
    """
    if decider.wakes is None:
        return None
    for _ in range(ROUNDS):
        state = work.opened(decider, stream) if decider.opens else work.state(decider, stream)
        due_at = decider.wakes(state)
        if due_at is None or due_at > work.now:
            return due_at
        context = Context(due_at, work.now, causation=CAUSE)
        subject = work.subject(stream)
        command = decider.woken(state, work.now, work.state)
        if command is None:
            return None
        if not work.handle(decider, stream, command, subject=subject, context=context):
            raise Restless(f"It was due at {due_at.isoformat()} and stays so: nothing was decided.")
    raise Restless(f"It was still due after {ROUNDS} wake-ups in a row.")
