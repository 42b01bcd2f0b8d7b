"""Plans are read strictly: what can't be meant is refused with the place where it stands."""

import pytest

from tests.faults.plan import PlanInvalid, decode, kept, read
from tests.faults.steps.kill import Kill


@pytest.mark.parametrize("name", kept())
def test_every_plan_that_is_kept_can_be_read_and_bears_the_name_of_its_file(name: str) -> None:
    plan = read(name)
    assert plan.name == name
    assert plan.about


def test_steps_are_of_the_kinds_that_there_are() -> None:
    plan = decode(b'{"name": "p", "steps": [{"do": "kill", "at": 1.5, "part": "kafka.1"}]}')
    assert plan.steps == [Kill(at=1.5, part="kafka.1")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "truncated"),
        (b'{"seed": 1}', "name"),
        (b'{"name": "p", "load": {"rat": 1}}', "unknown field `rat`"),
        (b'{"name": "p", "steps": [{"do": "destroy", "at": 1}]}', "steps[0]: Invalid value 'destroy'"),
        (b'{"name": "p", "steps": [{"do": "kill", "part": "kafka.1"}]}', "steps[0]: say when"),
        (b'{"name": "p", "steps": [{"do": "kill", "part": "kafka.1", "at": 1, "after": 2}]}', "steps[0]: say when"),
        (b'{"name": "p", "steps": [{"do": "kill", "at": 1, "part": "x", "oops": 1}]}', "steps[0]: Object contains"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused_with_the_reason(text: bytes, said: str) -> None:
    with pytest.raises(PlanInvalid) as refused:
        decode(text)
    assert said in str(refused.value)


def test_a_plan_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(PlanInvalid, match="kill-one-of-each"):
        read("no-such-plan")
