"""From a service's declaration to its consumers: one for all its views, one for each policy."""

from collections import defaultdict
from typing import Any, NamedTuple

from shared.clock import Clock
from shared.consumers.handler import Handler
from shared.events import Catalogue, merged
from shared.merging.handler import NAME as MERGING
from shared.merging.handler import MergeHandler
from shared.policies.handler import PolicyHandler
from shared.policies.policy import Source
from shared.service import Service
from shared.settings import KernelSettings
from shared.store.postgres import PostgresEventStore
from shared.views.handler import ViewHandler
from shared.wire import event_source


class Wiring(NamedTuple):
    """A consumer's name, what it gives messages to, and what it reads."""

    name: str
    handlers: list[Handler]
    sources: list[Source[Any]]


def wire_up(service: Service, settings: KernelSettings, store: PostgresEventStore, clock: Clock) -> list[Wiring]:
    """Return the service's consumers."""
    policies = [
        Wiring(policy.name, [PolicyHandler(policy, store, clock)], [policy.source])
        for policy in service.policies(settings)
    ]
    if not service.views:
        return policies
    handlers: list[Handler] = [MergeHandler(service.merges, service.views)] if service.merges else []
    handlers += [ViewHandler(view) for view in service.views]
    return [*policies, Wiring(service.views_consumer, handlers, view_sources(service))]


def view_sources(service: Service) -> list[Source[Any]]:
    """Return the topics that the service's views read, each with all that any of them, or its merges, read of it."""
    return [event_source(catalogue) for catalogue in view_catalogues(service)]


def view_catalogues(service: Service) -> list[Catalogue]:
    """Return what the service's views and its merges read, one catalogue for each service that they read."""
    catalogues: dict[str, list[Catalogue]] = defaultdict(list)
    if service.merges:
        catalogues[service.merges.reads.service].append(service.merges.reads)
    for view in service.views:
        for catalogue in view.reads:
            catalogues[catalogue.service].append(catalogue)
    return [merged(together) for together in catalogues.values()]


def consumer_of(service: Service, handler: str) -> str:
    """Return the consumer that feeds a view, merges or a policy; a consumer's own name stands for itself."""
    fed = {MERGING, *(view.name for view in service.views)}
    return service.views_consumer if handler in fed else handler
