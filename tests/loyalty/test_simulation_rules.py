"""A simulation: asked for once, ended once, begun again after a crash but not for ever, and called off."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.programme.decide import EARLIEST
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.events import (
    Event,
    SimulationCancelled,
    SimulationFailed,
    SimulationFinished,
    SimulationProgressed,
    SimulationRequested,
    SimulationStarted,
)
from services.loyalty.domain.what_if.outcome import Outcome
from services.loyalty.domain.what_if.simulation import (
    MOST_ATTEMPTS,
    SIMULATION,
    Advance,
    Cancel,
    Command,
    Request,
    Start,
)
from shared.errors import Invalid, Missing, Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import NOW, day
from tests.loyalty.programmes import SHOP
from tests.loyalty.told_faults import places

ID = UUID(int=5)
ASKED = Asked("shop", day(-90), day(0))
NOTHING = Outcome(0, 0, 0, 0, 0, (), (), (), (), (), (), ())
REQUESTED, STARTED = SimulationRequested(ID, ASKED, NOW), SimulationStarted(ID, 1)
HALF, DONE, FAILED = (
    SimulationProgressed(ID, 0.5),
    SimulationFinished(ID, NOTHING),
    SimulationFailed(ID, "no programme"),
)
CANCELLED = SimulationCancelled(ID)


def test_a_simulation_is_asked_for_once() -> None:
    given(SIMULATION).when(Request(ID, ASKED, NOW)).then(REQUESTED)
    given(SIMULATION, REQUESTED).when(Request(ID, ASKED, NOW)).then_nothing()
    other = structs.replace(ASKED, members=3)
    given(SIMULATION, REQUESTED).when(Request(ID, other, NOW)).then_rejected("simulation-differs")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"since": EARLIEST - timedelta(days=1)}, "since"),
        ({"until": day(-90)}, "until"),
        ({"until": day(1)}, "until"),
        ({"document": SHOP, "patch": {}}, "patch"),
    ],
)
def test_a_period_that_is_none_and_two_alternatives_at_once_are_refused(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        SIMULATION.decide(Request(ID, structs.replace(ASKED, **wrong), NOW), SIMULATION.initial)
    assert places(refused.value.problems) == [field]


def test_a_simulation_is_begun_again_after_a_crash_from_nothing() -> None:
    given(SIMULATION, REQUESTED).when(Start(ID)).then(STARTED)
    given(SIMULATION, REQUESTED, STARTED, HALF).when(Start(ID)).then(SimulationStarted(ID, 2))
    assert SIMULATION.fold([REQUESTED, STARTED, HALF, SimulationStarted(ID, 2)]).progress == 0


def test_what_ended_its_process_again_and_again_is_given_up() -> None:
    begun = [SimulationStarted(ID, number) for number in range(1, MOST_ATTEMPTS + 1)]
    (gone,) = SIMULATION.decide(Start(ID), SIMULATION.fold([REQUESTED, *begun]))
    assert isinstance(gone, SimulationFailed)
    assert SIMULATION.decide(Start(ID), SIMULATION.fold([REQUESTED, *begun, gone])) == ()


def test_it_can_be_called_off_until_it_is_over() -> None:
    given(SIMULATION, REQUESTED).when(Cancel(ID)).then(CANCELLED)
    given(SIMULATION, REQUESTED, STARTED).when(Cancel(ID)).then(CANCELLED)
    given(SIMULATION, REQUESTED, CANCELLED).when(Cancel(ID)).then_nothing()
    given(SIMULATION, REQUESTED, STARTED, DONE).when(Cancel(ID)).then_rejected("simulation-over")
    given(SIMULATION, REQUESTED, STARTED, FAILED).when(Cancel(ID)).then_rejected("simulation-over")


def test_what_nobody_asked_for_is_missing() -> None:
    for command in (Start(ID), Advance(DONE), Cancel(ID)):
        with pytest.raises(Missing):
            SIMULATION.decide(command, SIMULATION.initial)


COMMANDS: Sequence[Command] = (
    *(Request(ID, ASKED, NOW), Start(ID), Cancel(ID)),
    *(Advance(HALF), Advance(DONE), Advance(FAILED)),
)


@for_all(st.lists(st.sampled_from(COMMANDS), max_size=15))
def test_no_order_of_commands_ends_a_simulation_twice_or_goes_on_after_its_end(commands: list[Command]) -> None:
    history: list[Event] = []
    for command in commands:
        try:
            history += SIMULATION.decide(command, SIMULATION.fold(history))
        except Rejected:
            continue
    ends = [place for place, event in enumerate(history) if event in (DONE, FAILED, CANCELLED)]
    assert ends in ([], [len(history) - 1])
    assert history[:1] in ([], [REQUESTED])
    assert DONE not in history or STARTED in history
    assert SIMULATION.fold(history).is_over == bool(ends)
