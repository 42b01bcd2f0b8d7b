"""How many histories are played, and how long they are: few and always the same in a test, as many as asked by hand."""

from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.fuzzing.machines.contact import Contact
from tests.fuzzing.machines.loyalty import Loyalty
from tests.fuzzing.machines.tickets import Tickets

MACHINES: Mapping[str, Callable[[Mapping[str, str]], RuleBasedStateMachine]] = {
    "contact": Contact,
    "loyalty": Loyalty,
    "tickets": Tickets,
}

_SLOW = list(HealthCheck)  # each step waits for real processes

settings.register_profile(
    "test",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=12,
    stateful_step_count=40,
    suppress_health_check=_SLOW,
)
settings.register_profile(
    "by-hand", deadline=None, max_examples=200, stateful_step_count=120, suppress_health_check=_SLOW
)


def play(urls: Mapping[str, str], name: str, profile: str = "test", examples: int | None = None) -> None:
    """Play histories of one machine against running services. Raises what the shortest failing history raised."""
    chosen = settings.get_profile(profile)
    if examples is not None:
        chosen = settings(chosen, max_examples=examples)
    run_state_machine_as_test(lambda: MACHINES[name](urls), settings=chosen)  # type: ignore[arg-type] # it takes whatever makes one
