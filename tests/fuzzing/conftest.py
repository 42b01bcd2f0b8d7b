"""One running Rapport for all that is fuzzed through its doors."""

from collections.abc import Iterator

import pytest

from tests.fuzzing.deployment import Deployment, deployment


@pytest.fixture(scope="package")
def running() -> Iterator[Deployment]:
    with deployment() as started:
        yield started
