"""A run: asked for once, frozen once, ended once; and the model's history."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.contracts.published import PUBLISHED
from services.scoring.domain.events import (
    Cause,
    ModelFitted,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunJoined,
    RunRequested,
)
from services.scoring.domain.model import MODELS
from services.scoring.domain.pyramid import Tier
from services.scoring.domain.run import RUN, Advance, RequestRun
from services.scoring.views.runs import RUNS
from services.scoring.views.scores import SCORES
from shared.errors import Rejected
from shared.events import encode
from shared.views.rows import Rows
from tests.scoring.scoring_facts import FIRST, GOOD, NONE, SECOND, UNTIL, frozen

TODAY = date(1998, 7, 1)
ASK = RequestRun(FIRST, UNTIL, TODAY)
ASKED = RunRequested(FIRST, UNTIL)
FROZEN = frozen(FIRST)
COMPLETED = RunCompleted(FIRST, 7, dict.fromkeys(Tier, 1), dict.fromkeys(Tier, Decimal(1)))
FAILED = RunFailed(FIRST, "no customer has bought anything in USD by then")
JOINED = RunJoined(FIRST, SECOND)
CAUSE = Cause("customer-1@3", "m1", UUID(int=1), UUID(int=2))


def after(*history: RunEvent, command: RequestRun | Advance) -> Sequence[RunEvent]:
    return RUN.decide(command, RUN.fold(history))


def test_a_run_is_asked_for_once() -> None:
    assert after(command=ASK) == (ASKED,)
    assert after(ASKED, command=ASK) == ()


def test_the_same_run_for_another_day_is_refused() -> None:
    with pytest.raises(Rejected, match="another date"):
        after(ASKED, command=RequestRun(FIRST, None, TODAY))


def test_nobody_can_observe_the_future() -> None:
    with pytest.raises(Rejected, match="observed that day yet"):
        after(command=RequestRun(FIRST, date(1998, 7, 2), TODAY))
    assert after(command=RequestRun(FIRST, TODAY, TODAY)) != ()


def test_each_step_is_taken_once_and_in_order() -> None:
    assert after(ASKED, command=Advance(FROZEN)) == (FROZEN,)
    assert after(ASKED, FROZEN, command=Advance(FROZEN)) == ()
    assert after(ASKED, command=Advance(COMPLETED)) == ()
    assert after(ASKED, FROZEN, command=Advance(COMPLETED)) == (COMPLETED,)


@pytest.mark.parametrize("history", [(FROZEN, COMPLETED), (FROZEN, FAILED), (JOINED,)])
@pytest.mark.parametrize("step", [FROZEN, COMPLETED, FAILED, JOINED])
def test_a_run_that_is_over_stays_as_it_is(history: Sequence[RunEvent], step: RunCompleted | RunFailed) -> None:
    assert after(ASKED, *history, command=Advance(step)) == ()


def test_a_run_joins_another_only_before_it_is_decided_itself() -> None:
    assert after(ASKED, command=Advance(JOINED)) == (JOINED,)
    assert after(ASKED, FROZEN, command=Advance(JOINED)) == ()


def test_a_run_because_of_a_merge_is_another_run_than_one_about_everyone() -> None:
    ask = RequestRun(FIRST, None, TODAY, CAUSE)
    assert after(command=ask) == (RunRequested(FIRST, None, CAUSE),)
    assert after(RunRequested(FIRST, None, CAUSE), command=ask) == ()
    with pytest.raises(Rejected):
        after(RunRequested(FIRST), command=ask)


def test_what_is_not_said_is_not_on_the_wire() -> None:
    """Events of the release before stay as they are, byte for byte."""
    assert msgspec.json.decode(encode(ASKED)) == {"run_id": str(FIRST), "observed_until": UNTIL.isoformat()}
    assert "because" not in msgspec.json.decode(encode(FROZEN))


@for_all(
    st.lists(st.sampled_from([ASK, Advance(FROZEN), Advance(COMPLETED), Advance(FAILED), Advance(JOINED)]), max_size=12)
)
def test_no_order_of_commands_ends_a_run_twice_or_before_it_began(commands: list[RequestRun | Advance]) -> None:
    history: list[RunEvent] = []
    for command in commands:
        history += RUN.decide(command, RUN.fold(history))
    assert len(history) <= 3
    assert history[:1] in ([], [ASKED])
    assert sum(isinstance(event, RunCompleted | RunFailed | RunJoined) for event in history) <= 1
    assert COMPLETED not in history or FROZEN in history


def test_a_bad_fit_is_recorded_and_the_last_good_one_stays_known() -> None:
    good = ModelFitted("bg-nbd", FIRST, UNTIL, "USD", GOOD)
    bad = ModelFitted("bg-nbd", SECOND, UNTIL, "USD", NONE)
    model = MODELS.fold([good, bad])
    assert (model.latest, model.usable) == (bad, good)
    assert MODELS.decide(bad, model) == ()


def test_a_fit_that_came_to_nothing_can_be_read_back() -> None:
    bad = ModelFitted("bg-nbd", FIRST, UNTIL, "USD", NONE)
    assert PUBLISHED.decode("model-fitted", 1, encode(bad)) == bad


def test_the_rows_fit_their_tables() -> None:
    assert Rows(RUNS).names[0] == "run_id"
    assert Rows(SCORES).names[0] == "customer_id"
