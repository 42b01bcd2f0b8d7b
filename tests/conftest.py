"""Real parts for tests: one PostgreSQL and one Kafka for the whole run, a fresh database for each test."""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest
from hypothesis import settings

from shared.stack.kafka import Kafka
from shared.stack.postgres import Postgres
from shared.testing.stack import fresh_database, private_kafka, private_postgres

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("search", print_blob=True)
settings.load_profile("repeatable")
"""The same histories in every run, so that a failure is of the change; `--hypothesis-profile=search` draws others."""


class Parts(NamedTuple):
    """The parts that all tests of a run share."""

    postgres: Postgres
    kafka: Kafka


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with private_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    with private_kafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def stack(postgres: Postgres, kafka: Kafka) -> Parts:
    return Parts(postgres, kafka)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[str]:
    """The address of an empty database of this test's own."""
    async with fresh_database(postgres) as url:
        yield url
