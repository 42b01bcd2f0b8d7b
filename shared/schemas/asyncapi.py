"""The AsyncAPI 3.0 document of a service: the topics that it writes and reads, and every message on them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from shared.events import Catalogue, merged
from shared.schemas.cloudevents import event_headers, message_headers
from shared.schemas.event import tidy
from shared.service import Service, topic_of
from shared.settings import KernelSettings
from shared.store.contract import PARTITIONS

Document = dict[str, Any]
Describe = Callable[[type[Any]], Document]

TEMPLATE = "#/components/schemas/{name}"


class Channel(NamedTuple):
    """A topic: what it is called here, what is done with it, and the struct of each message (None: any JSON)."""

    name: str
    topic: str
    action: str
    summary: str
    messages: Mapping[str, type[Any] | None]
    headers: Callable[[str], Document]


def asyncapi(service: Service) -> Document:
    """Return the service's document. The payload of what it reads of others is what it needs of it."""
    channels = [_published(service), *_read(service), *_external(service)]
    describe, parts = _schemas([struct for channel in channels for struct in channel.messages.values() if struct])
    messages = {
        f"{channel.name}.{name}": _message(channel, name, struct, describe)
        for channel in channels
        for name, struct in channel.messages.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Rapport {service.title}", "version": "1", "description": service.summary},
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in channels},
        "operations": {f"{channel.action}-{channel.name}": _operation(channel) for channel in channels},
        "components": {"messages": messages, "schemas": parts},
    }


def _published(service: Service) -> Channel:
    summary = f"Every event of {service.name}, in order for each customer."
    events = service.publishes.events
    return Channel(service.name, service.topic, "send", summary, events, lambda name: event_headers(service.name, name))


def _read(service: Service) -> list[Channel]:
    """One channel for each service that is read; its own topic, which its views read, is described already."""
    found: dict[str, list[Catalogue]] = {}
    for catalogue in _catalogues(service):
        if catalogue.service != service.name:
            found.setdefault(catalogue.service, []).append(catalogue)
    return [_reading(service, name, merged(catalogues)) for name, catalogues in sorted(found.items())]


def _catalogues(service: Service) -> list[Catalogue]:
    # Which topics a policy reads doesn't depend on the settings; none of them is used here.
    settings = KernelSettings(kafka_bootstrap_servers="unused:9092", environment="development")
    by_policies = (policy.source.catalogue for policy in service.policies(settings))
    by_views = (catalogue for view in service.views for catalogue in view.reads)
    return [catalogue for catalogue in (*by_views, *by_policies) if catalogue is not None]


def _reading(service: Service, name: str, catalogue: Catalogue) -> Channel:
    events: dict[str, type[Any] | None] = dict(catalogue.events)
    if catalogue.reads_all:
        events["any-other"] = None
    summary = f"What {service.name} reads of {name}; it ignores the other events and fields."
    return Channel(name, topic_of(name), "receive", summary, events, lambda event: event_headers(name, event))


def _external(service: Service) -> list[Channel]:
    return [
        Channel(
            topic.split(".")[-2],
            topic,
            "receive",
            f"What others send to {service.name}, from outside Rapport.",
            {struct.__name__.lower(): struct},
            lambda _: message_headers(),
        )
        for topic, struct in service.external_topics.items()
    ]


def _schemas(structs: Sequence[type[Any]]) -> tuple[Describe, Document]:
    """Return how a struct is referred to, and all parts to which that leads."""
    distinct = list(dict.fromkeys(structs))
    references, parts = msgspec.json.schema_components(distinct, ref_template=TEMPLATE)
    known = dict(zip(distinct, references, strict=True))
    return known.__getitem__, {name: tidy(part) for name, part in sorted(parts.items())}


def _message(channel: Channel, name: str, struct: type[Any] | None, describe: Describe) -> Document:
    told = " ".join((struct.__doc__ or "").partition("\n\n")[0].split()) if struct else "Any event, read as JSON alone."
    return {
        "name": name,
        "summary": told,
        "headers": channel.headers(name),
        "payload": describe(struct) if struct else {"type": "object"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def _channel(channel: Channel) -> Document:
    return {
        "address": channel.topic,
        "summary": channel.summary,
        "messages": {name: {"$ref": f"#/components/messages/{channel.name}.{name}"} for name in channel.messages},
        "bindings": {"kafka": {"topic": channel.topic, "partitions": PARTITIONS, "bindingVersion": "0.5.0"}},
    }


def _operation(channel: Channel) -> Document:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.summary,
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{name}"} for name in channel.messages],
    }
