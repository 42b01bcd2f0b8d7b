"""What a running API process has, and every route may use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import asyncpg
from fastapi import FastAPI

from shared.clock import Clock
from shared.feeds.feeds import Feeds
from shared.handle import Handler
from shared.http.auth import Verifier
from shared.http.lines import Lines
from shared.http.own_writes import OwnWrites
from shared.http.readiness import Readiness
from shared.merging.lookups import Lookups
from shared.service import Service
from shared.settings import KernelSettings, ServiceSettings
from shared.store.contract import EventStore
from shared.wakeup import Wakeup

T = TypeVar("T")


@dataclass(frozen=True)
class Kit:
    """Made once by the runtime. Tests make one over the in-memory store."""

    service: Service
    settings: KernelSettings
    own_settings: ServiceSettings
    store: EventStore
    handler: Handler
    pool: asyncpg.Pool
    wakeup: Wakeup
    clock: Clock
    verifier: Verifier
    readiness: Readiness = field(default_factory=Readiness)
    feeds: Feeds = field(default_factory=Feeds)
    _kept: dict[Callable[["Kit"], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def kept(self, make: "Callable[[Kit], T]") -> T:
        """Return what `make` makes of this kit: made when first asked for, and kept as long as the process runs."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return cast("T", self._kept[make])

    @cached_property
    def own_writes(self) -> OwnWrites:
        """By which a list waits for its caller's own write."""
        return OwnWrites(self.pool, self.service.views_consumer, self.service.topic, self.wakeup)

    @cached_property
    def groups(self) -> Lookups:
        """Who is one with whom, for routes that many call at once."""
        return Lookups(self.pool)

    @cached_property
    def lines(self) -> Lines:
        """In which requests wait that want the same thing."""
        return Lines(self.store, self.handler)


def kit_of(app: FastAPI) -> Kit:
    """Return the kit of a running application."""
    return cast("Kit", app.state.kit)
