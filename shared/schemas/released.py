"""The last release's contracts, kept as they were: what is served now must keep their promises."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.schemas.compare import EVENT, Broken, Comparison
from shared.schemas.contracts import documents, examples_folder, schemas_folder, written
from shared.schemas.event import event_schemas
from shared.schemas.openapi import breaking
from shared.service import Service

OPENAPI = "openapi"


def release(service: Service, openapi: dict[str, Any], folder: Path) -> None:
    """Keep what the service promises now in `folder`, which then is the last release's."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / f"{OPENAPI}.json").write_bytes(written(openapi))
    for name, kept in (("schemas", schemas_folder(service)), ("examples", examples_folder(service))):
        shutil.copytree(kept, folder / name, ignore=lambda _, names: [n for n in names if not n.endswith(".json")])


def broken(service: Service, openapi: dict[str, Any], folder: Path) -> list[Broken]:
    """Return every promise of the release in `folder` that doesn't hold any more; none without a release."""
    kept = documents(folder).get(OPENAPI)
    calls = breaking(kept, openapi) if kept else []
    return [*calls, *_schemas(service, folder / "schemas"), *_examples(service, folder / "examples")]


def _schemas(service: Service, folder: Path) -> Iterator[Broken]:
    now = {**documents(schemas_folder(service)), **event_schemas(service.publishes)}
    for name, old in documents(folder).items():
        new = now.get(name)
        if new is None:
            yield Broken(name, "was removed: events of this version are in the log for ever")
        else:
            yield from sorted(set(Comparison(old, new, EVENT).broken(old, new, name)))


def _examples(service: Service, folder: Path) -> Iterator[Broken]:
    now = documents(examples_folder(service))
    for name, old in documents(folder).items():
        if now.get(name) != old:
            yield Broken(f"examples/{name}.json", "was edited or removed: a published example stays as it is")
