"""CloudEvents 1.0 in Kafka's binary mode, as JSON Schema: the headers of our events, and what we ask of others."""

from typing import Any

Document = dict[str, Any]

_TIME = {"type": "string", "format": "date-time"}
_NUMBER = {"type": "string", "pattern": "^[0-9]+$"}


def event_headers(service: str, event: str) -> Document:
    """Return the headers of one event of a service. Kafka's headers are bytes; these are their UTF-8 texts."""
    type_ = {"pattern": f"^rapport\\.{service}\\."} if event == "any-other" else {"const": f"rapport.{service}.{event}"}
    needed: Document = {
        "content-type": {"type": "string", "const": "application/json"},
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_type": {"type": "string", **type_},
        "ce_source": {"type": "string", "const": f"/rapport/{service}"},
        "ce_id": {"type": "string", "description": "<stream>@<version>, the event's name everywhere."},
        "ce_subject": {"type": "string", "description": "The customer; else the stream's own name."},
        "ce_time": {**_TIME, "description": "When it happened in the world."},
        "ce_recordedtime": {**_TIME, "description": "When it was recorded."},
        "ce_stream": {"type": "string"},
        "ce_sequence": {**_NUMBER, "description": "The version of the stream."},
        "ce_position": {**_NUMBER, "description": "The place in the log of the service."},
        "ce_partitionseq": {**_NUMBER, "description": "The gap-free number in the topic's partition."},
        "ce_partitionkey": {"type": "string"},
    }
    known: Document = {
        "ce_correlationid": {"type": "string"},
        "ce_causationid": {"type": "string", "description": "What led to it."},
        "traceparent": {"type": "string"},
    }
    return {"type": "object", "properties": {**needed, **known}, "required": list(needed)}


def message_headers() -> Document:
    """Return the headers that a message from outside must have."""
    needed: Document = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "minLength": 1},
        "ce_type": {"type": "string", "minLength": 1},
        "ce_source": {"type": "string", "minLength": 1},
    }
    return {"type": "object", "properties": {**needed, "traceparent": {"type": "string"}}, "required": list(needed)}
