"""A plugin for pytest: it leaves out every test that needs a database, a broker or a process."""

import pytest

PARTS = frozenset({"postgres", "kafka", "stack"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests whose fixtures start nothing."""
    impure = [item for item in items if PARTS & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=impure)
    items[:] = [item for item in items if item not in set(impure)]
