"""The declaration of a service: a value that the kernel runs, migrates, rebuilds and describes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from shared.events import Catalogue
from shared.policies.policy import Policy
from shared.settings import KernelSettings, ServiceSettings
from shared.views.view import View


@dataclass(frozen=True)
class Service:
    """Everything that the kernel needs to know about one service.

    `policies` are made from the settings, because some need a secret of theirs.

    `reads` are the topics outside Rapport that its policies take in; the topics
    of other services follow from the catalogues that views and policies read.
    """

    name: str
    title: str
    summary: str
    settings: type[ServiceSettings]
    publishes: Catalogue
    folder: Path
    views: Sequence[View[Any]] = ()
    policies: Callable[[KernelSettings], Sequence[Policy[Any]]] = lambda _: ()
    routes: Sequence[APIRouter] = ()
    external_topics: Sequence[str] = field(default=())

    @property
    def topic(self) -> str:
        """The Kafka topic to which the relay publishes this service's events."""
        return topic_of(self.name)


def topic_of(service: str) -> str:
    """Return the topic of a service by its name."""
    return f"rapport.{service}.v1"
