"""Which partition a subject belongs to: decided once, stored with the stream, never changed."""

from zlib import crc32

from shared.store.contract import PARTITIONS


def partition_of(subject: str) -> int:
    """Return the partition of a subject, 0 <= p < PARTITIONS; the same on every machine, for ever."""
    return crc32(subject.encode()) % PARTITIONS
