"""The generated reference and the contracts of all services: what should be there, and what is amiss."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from rapport.services import SERVICES, load
from shared.http.app import create_app
from shared.schemas import released
from shared.schemas.asyncapi import asyncapi
from shared.schemas.contracts import faults, generated, written
from shared.service import Service

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
RELEASED = FOLDER / "released"
VERSION = RELEASED / "VERSION"


def openapi(service: Service) -> dict[str, Any]:
    """Return the OpenAPI document that the service serves."""
    return create_app(service).openapi()


def documents() -> dict[Path, bytes]:
    """Return every generated file with the content that it should have."""
    found: dict[Path, bytes] = {}
    for service in map(load, SERVICES):
        found[FOLDER / f"{service.name}.openapi.json"] = written(openapi(service))
        found[FOLDER / f"{service.name}.asyncapi.yaml"] = msgspec.yaml.encode(asyncapi(service))
        found |= generated(service)
    return found


def outdated() -> list[str]:
    """Return the generated files that don't say what the code says, by their paths in the project."""
    return [_path(file) for file, content in documents().items() if not file.exists() or file.read_bytes() != content]


def amiss() -> Iterator[str]:
    """Yield what is wrong with the contracts of any service, a sentence each."""
    for service in map(load, SERVICES):
        yield from faults(service)


def breaking() -> Iterator[str]:
    """Yield each promise of the last release that doesn't hold any more."""
    for service in map(load, SERVICES):
        for item in released.broken(service, openapi(service), RELEASED / service.name):
            yield f"{service.name}: {item.where}: {item.what}"


def release(version: str) -> None:
    """Keep what all services promise now as the release `version`."""
    for service in map(load, SERVICES):
        released.release(service, openapi(service), RELEASED / service.name)
    VERSION.write_text(f"{version}\n")


def _path(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
