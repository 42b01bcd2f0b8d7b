"""Answers, states, ETags and lists are the model's after every request of a made-up history."""

import pytest

from tests.fuzzing.deployment import Deployment
from tests.fuzzing.machines.playing import MACHINES, play


@pytest.mark.parametrize("name", MACHINES)
def test_every_history_goes_as_the_model_says(running: Deployment, name: str) -> None:
    play(running.urls, name)


def test_no_consumer_met_what_it_could_not_handle(running: Deployment) -> None:
    assert running.parked() == []
