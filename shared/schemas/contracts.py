"""The contracts folder of a service: a schema and a stored example for each event of each version, kept for ever."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from shared.events import Catalogue, EventName, encode
from shared.schemas.event import event_schemas
from shared.service import Service


def schemas_folder(service: Service) -> Path:
    """Return where the service keeps its schemas, `<type>.v<n>.json`."""
    return service.folder / "contracts" / "schemas"


def examples_folder(service: Service) -> Path:
    """Return where the service keeps its examples, `<type>.v<n>.json`."""
    return service.folder / "contracts" / "examples"


def generated(service: Service) -> dict[Path, bytes]:
    """Return the schema files that follow from the code: the newest versions'. Old ones stay as they are."""
    folder = schemas_folder(service)
    return {folder / f"{name}.json": written(schema) for name, schema in event_schemas(service.publishes).items()}


def written(document: Mapping[str, Any]) -> bytes:
    """Return a document as it is stored: readable, and the same for the same content."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def documents(folder: Path) -> dict[str, Any]:
    """Return every JSON document of a folder, by the name of its file without `.json`."""
    return {file.name.removesuffix(".json"): msgspec.json.decode(file.read_bytes()) for file in _files(folder)}


def faults(service: Service) -> Iterator[str]:
    """Yield what is wrong with the stored schemas and examples, a sentence each.

    Nothing is wrong when each event of each version has both, the example fits
    the schema, and it decodes through the upcasters to the newest struct, which
    encodes to what fits the newest schema and decodes to the same again.
    """
    schemas, examples = documents(schemas_folder(service)), documents(examples_folder(service))
    names = schemas.keys() | examples.keys() | service.publishes.events.keys() | service.publishes.upcasters.keys()
    for name in sorted(names):
        for kind, stored in (("schema", schemas), ("example", examples)):
            if name not in stored:
                yield f"{service.name}: {name} has no {kind} under contracts/{kind}s"
        if name in schemas and name in examples:
            yield from _misfits(service, schemas, name, examples[name])


def _misfits(service: Service, schemas: Mapping[str, Any], name: str, example: Any) -> Iterator[str]:
    for error in Draft202012Validator(schemas[name]).iter_errors(example):
        yield f"{service.name}: the example of {name} doesn't fit its schema: {error.json_path}: {error.message}"
    try:
        lifted = service.publishes.decode(*EventName.parse(name), encode(example))
    except (LookupError, ValueError, msgspec.ValidationError) as error:
        yield f"{service.name}: the example of {name} can't be read any more: {error}"
        return
    if lifted is None:
        yield f"{service.name}: {name} is no event that the service knows any more"
        return
    yield from _unstable(service.publishes, schemas, name, lifted)


def _unstable(catalogue: Catalogue, schemas: Mapping[str, Any], name: str, lifted: Any) -> Iterator[str]:
    newest = catalogue.name_of(lifted)
    again = encode(lifted)
    if catalogue.decode(newest.type, newest.version, again) != lifted:
        yield f"{catalogue.service}: {name}, lifted and written as {newest.type}.v{newest.version}, reads differently"
    schema = schemas.get(f"{newest.type}.v{newest.version}", {})
    for error in Draft202012Validator(schema).iter_errors(msgspec.json.decode(again)):
        yield f"{catalogue.service}: {name}, lifted, doesn't fit v{newest.version}: {error.json_path}: {error.message}"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))
