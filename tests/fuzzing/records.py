"""Kafka records as text that a fuzzer can change: lines `name: value`, an empty line, the body."""

from shared.policies.policy import RawRecord

NULL = b"null"
"""A header without a value, which Kafka allows."""


def record(data: bytes, topic: str = "topic") -> RawRecord:
    """Return the record that `data` spells; without an empty line there is no body at all."""
    head, blank, body = data.partition(b"\n\n")
    pairs = [line.partition(b": ") for line in head.split(b"\n")]
    headers = [
        (name.decode(errors="replace"), None if value == NULL else value) for name, colon, value in pairs if colon
    ]
    return RawRecord(topic, 3, 7, None, headers, body if blank else None)
