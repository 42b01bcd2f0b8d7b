"""The JSON Schema (draft 2020-12) of an event type, from the struct that stands for it."""

from typing import Any

import msgspec

from shared.events import Catalogue

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schemas(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Return the schema of each event that the catalogue writes, by its name `<type>.v<n>`."""
    return {name: event_schema(catalogue.service, name, struct) for name, struct in catalogue.events.items()}


def event_schema(service: str, name: str, struct: type[Any]) -> dict[str, Any]:
    """Return the whole document for one event of one version."""
    return {"$schema": DIALECT, "$id": f"urn:rapport:{service}:{name}", **payload_schema(struct)}


def payload_schema(struct: type[Any]) -> dict[str, Any]:
    """Return the schema of a struct as one self-contained schema, texts on one line each."""
    (root,), parts = msgspec.json.schema_components((struct,), ref_template="#/$defs/{name}")
    own = parts.pop(root["$ref"].rpartition("/")[2]) if "$ref" in root else root
    whole = {**own, "$defs": parts} if parts else own
    joined: dict[str, Any] = tidy(whole)
    return joined


def tidy(schema: Any) -> Any:
    """Join the lines of descriptions, which are docstrings; leave out what is OpenAPI's alone."""
    if isinstance(schema, list):
        return [tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: " ".join(value.split()) if key == "description" and isinstance(value, str) else tidy(value)
        for key, value in schema.items()
        if not (key == "discriminator" and isinstance(value, dict) and "propertyName" in value)
    }
