"""What a command answers."""

from typing import Any

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What a command answers: a body, its status, and headers of its own."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}
