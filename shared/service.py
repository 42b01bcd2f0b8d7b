"""The declaration of a service: a value that the kernel runs, migrates, rebuilds and describes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from fastapi import APIRouter

from shared.clock import Clock
from shared.decider import AnyDecider
from shared.events import Catalogue
from shared.merging.edges import Merges
from shared.policies.policy import Policy
from shared.settings import KernelSettings, ServiceSettings
from shared.store.postgres import PostgresEventStore
from shared.views.view import View
from shared.wakeup import Wakeup

VIEWS = "views"

Part = Callable[[], Awaitable[None]]
"""Something that a worker keeps running: it works until cancelled, and takes up where it broke off."""


@dataclass(frozen=True)
class Surroundings:
    """What a service's own worker parts may use."""

    kernel: KernelSettings
    settings: ServiceSettings
    pool: asyncpg.Pool
    store: PostgresEventStore
    clock: Clock
    wakeup: Wakeup


@dataclass(frozen=True)
class Service:
    """Everything that the kernel needs to know about one service.

    `policies` are made from the settings, because some need a secret of theirs.

    `views_version` is the generation of all its views. Raise it, together with the
    names of their tables, when a view means or reads something else: the new
    generation has tables and a place of its own, so that the workers of the
    release before keep theirs up to date beside it.

    `deciders` are those whose streams have timers or snapshots.

    `merges` tells how the views learn that subjects were merged, and which of them no longer are.

    `external_topics` are those outside Rapport that its policies take in, each with
    the struct of its messages; the topics of other services follow from the
    catalogues that views and policies read.
    """

    name: str
    title: str
    summary: str
    settings: type[ServiceSettings]
    publishes: Catalogue
    folder: Path
    views: Sequence[View[Any]] = ()
    views_version: int = 1
    merges: Merges | None = None
    deciders: Sequence[AnyDecider] = ()
    policies: Callable[[KernelSettings], Sequence[Policy[Any]]] = lambda _: ()
    routes: Sequence[APIRouter] = ()
    external_topics: Mapping[str, type[Any]] = field(default_factory=dict)
    parts: Callable[[Surroundings], Mapping[str, Part]] = lambda _: {}

    @property
    def views_consumer(self) -> str:
        """The consumer that feeds all views: an event is read and decoded once for all of them."""
        return VIEWS if self.views_version == 1 else f"{VIEWS}-{self.views_version}"

    @property
    def topic(self) -> str:
        """The Kafka topic to which the relay publishes this service's events."""
        return topic_of(self.name)


def topic_of(service: str) -> str:
    """Return the topic of a service by its name."""
    return f"rapport.{service}.v1"
