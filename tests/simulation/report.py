"""A failing history, in words: what was planned, what happened, and which promises didn't hold."""

from collections.abc import Iterator

from tests.simulation.history import Outcome
from tests.simulation.plan import Plan, draw
from tests.simulation.search import run, shrink


def report(seed: int) -> str:
    """Return the story of the shortest history that fails as the one of `seed` does; of itself if it doesn't fail."""
    plan = draw(seed)
    return "\n".join(_story(seed, run(shrink(plan) if run(plan).problems else plan, traced=True)))


def _story(seed: int, outcome: Outcome) -> Iterator[str]:
    yield f"seed {seed}" + (f", shortest with seed {outcome.plan.seed}" if outcome.plan.seed != seed else "")
    yield from _planned(outcome.plan)
    yield ""
    for at, who, what in outcome.trace:
        yield f"{at:8.4f}  {who:10} {what}"
    yield ""
    for problem in outcome.problems:
        yield f"{problem.promise} doesn't hold: {problem.detail}"
    if not outcome.problems:
        yield "P1 to P6 hold, and all has come to rest."


def _planned(plan: Plan) -> Iterator[str]:
    for command in plan.commands:
        how = " guarded" * command.guarded + " asked again" * command.again + " twice at once" * command.twice
        yield f"  at {command.at:.4f} note {command.word} on {command.stream}{how}"
    for fault in plan.faults:
        yield f"  at {fault.at:.4f} {fault.told()}"
    mended = "never" if plan.mended_at is None else f"at {plan.mended_at:.4f}"
    yield f"  mended {mended}; lock {'lies' if plan.lying_lock else 'holds'}; relay's batch {plan.relay_batch}"
