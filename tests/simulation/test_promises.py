"""P1 to P6 hold in thousands of histories with fixed seeds; and a history is the same whenever it is run."""

import os
import subprocess
import sys

import pytest

from tests.simulation.plan import Command, Fault, Plan
from tests.simulation.report import report
from tests.simulation.search import run, search_on_all

HISTORIES = 24_000
"""So many took 70 seconds of processor time, shared by two cores, while much else ran on the machine."""

NO_LIMIT = 1e9


@pytest.mark.timeout(900)
def test_the_promises_hold_in_every_history() -> None:
    found = search_on_all(0, seconds=NO_LIMIT, processes=os.cpu_count() or 1, last=HISTORIES)
    assert found.failing == [], "\n\n".join(report(seed) for seed in found.failing)
    assert found.histories == HISTORIES
    met = " ".join(found.recovered)
    for fault in ("Fenced", "KafkaTimeoutError", "the server went down", "the connection was cut", "the lock was lost"):
        assert fault in met, "the faults must be felt, or the histories prove nothing"


STORY = "import sys; from tests.simulation.plan import draw; from tests.simulation.search import run; \
sys.stdout.write(repr([run(draw(seed), traced=True) for seed in range(40)]))"


def test_a_seed_gives_the_same_history_in_every_process() -> None:
    stories = {
        subprocess.run(
            [sys.executable, "-c", STORY],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(stories) == 1
    assert b"noted" in stories.pop()


def _broken(plan: Plan) -> list[str]:
    return [f"{item.promise}: {item.detail}" for seed in range(40) for item in run(_with(plan, seed)).problems]


def _with(plan: Plan, seed: int) -> Plan:
    return Plan(seed, *(getattr(plan, name) for name in plan.__struct_fields__[1:]))


def test_a_guarded_call_that_is_asked_again_while_its_first_is_under_way_gets_that_ones_answer() -> None:
    """Found by seed 2917: the repeat met a stream that its own first attempt had moved on, and was refused."""
    guarded = Command(0.05, "bob-1", "bob", "w0", guarded=True)
    plan = Plan(0, (guarded,), (Fault(0.005, "freeze", "api-0", 0.96),), None, False, 2, 0.4, "by-stream", False)
    assert _broken(plan) == []


def test_what_a_new_leader_sends_again_is_noted_as_acknowledged_though_nothing_follows_it() -> None:
    """Found by seed 26: the numbers stayed unacknowledged in the log until the next event came."""
    last = Command(0.05, "ann-1", "ann", "w0")
    plan = Plan(0, (last,), (Fault(0.0, "unacknowledged"),), None, False, 4, 0.4, "by-stream", False)
    assert _broken(plan) == []


def test_a_tail_that_the_broker_lost_comes_back_to_consumers_on_either_side_of_it() -> None:
    words = tuple(Command(0.01 * number, "ann-1", "ann", f"w{number}") for number in range(6))
    plan = Plan(
        0,
        words,
        (Fault(0.04, "tail", "ann", count=3), Fault(0.045, "rebalance")),
        None,
        True,
        1,
        0.4,
        "by-subject",
        True,
    )
    assert _broken(plan) == []
