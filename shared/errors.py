"""The ways in which the kernel and a domain say no."""

from collections.abc import Sequence


class Rejected(Exception):
    """A rule said no. Nothing was written; the caller must ask for something else.

    `code` is a stable, hyphenated name that programs may match on; `detail` is
    a sentence for people that says what to do. `status` is the HTTP answer.
    """

    status = 409

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Missing(Rejected):
    """What was asked for is not there, or is not the caller's to see."""

    status = 404


class Unproven(Rejected):
    """The caller must prove anew who they are, by one of `acr_values`, at most `max_age` seconds before (RFC 9470)."""

    status = 401

    def __init__(self, code: str, detail: str, acr_values: Sequence[str], max_age: int) -> None:
        super().__init__(code, detail)
        self.acr_values = tuple(acr_values)
        self.max_age = max_age


class Invalid(Exception):
    """The input breaks its own shape. `problems` holds one (field, message) pair for each fault."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in problems))
        self.problems = tuple(problems)


class Conflict(Exception):
    """Another writer was first: one of `streams` is not at the version that was expected."""

    def __init__(self, streams: Sequence[str]) -> None:
        super().__init__(f"changed meanwhile: {', '.join(streams)}")
        self.streams = tuple(streams)


class Fenced(Exception):
    """A newer leader or consumer has taken over; whoever meets this must stop at once."""
