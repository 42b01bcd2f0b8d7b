"""The four services by name: the one place that lists them."""

from importlib import import_module

from shared.service import Service

SERVICES = ("contact", "tickets", "loyalty", "scoring")


def load(name: str) -> Service:
    """Return the declaration of a service. KeyError: there is no service of this name."""
    if name not in SERVICES:
        raise KeyError(f"there is no service {name!r}: choose one of {', '.join(SERVICES)}")
    service: Service = import_module(f"services.{name}.service").SERVICE
    return service


def outside_topics() -> list[str]:
    """Return the topics that others write and the services read."""
    return sorted({topic for name in SERVICES for topic in load(name).external_topics})


def topics() -> list[str]:
    """Return every topic that the services write or read."""
    services = [load(name) for name in SERVICES]
    return sorted({topic for service in services for topic in (service.topic, *service.external_topics)})
