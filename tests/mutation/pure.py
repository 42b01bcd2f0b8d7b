"""A plugin for pytest: it leaves out tests that need a database, a broker or a process, and tries few examples."""

import pytest
from hypothesis import HealthCheck, Phase, settings

PARTS = frozenset({"postgres", "kafka", "stack"})
_SETTINGS = "_hypothesis_internal_use_settings"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the number of examples be chosen."""
    parser.addoption("--examples", type=int, default=20, help="the most examples of each property")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests whose fixtures start nothing."""
    impure = [item for item in items if PARTS & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=impure)
    items[:] = [item for item in items if item not in set(impure)]
    for item in items:
        _try_few_examples(item, config.getoption("--examples"))


def _try_few_examples(item: pytest.Item, most: int) -> None:
    """Limit the examples of a property, and don't look for the smallest that fails: that it fails is enough."""
    test = getattr(item, "obj", None)
    test = getattr(test, "__func__", test)
    own = getattr(test, _SETTINGS, None)
    if isinstance(own, settings):
        few = settings(
            own,
            max_examples=min(own.max_examples, most),
            phases=(Phase.explicit, Phase.generate),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        # Hypothesis has no public way to lower what a test itself asks for.
        setattr(test, _SETTINGS, few)
