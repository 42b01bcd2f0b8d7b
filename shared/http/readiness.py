"""Whether a process may be given work: started, not draining, and what it needs is there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, else one sentence that says what is missing."""


@dataclass
class Readiness:
    """The answers of /startupz and /readyz."""

    started: bool = False
    draining: bool = False
    checks: dict[str, Check] = field(default_factory=dict)

    async def missing(self) -> dict[str, str]:
        """Return what is missing, by name; empty when the process may be given work."""
        if self.draining:
            return {"process": "is shutting down"}
        if not self.started:
            return {"process": "is still starting"}
        found: dict[str, str] = {}
        for name, check in self.checks.items():
            try:
                problem = await check()
            except Exception as error:
                problem = f"failed: {type(error).__name__}"
            if problem:
                found[name] = problem
        return found
