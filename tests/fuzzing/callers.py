"""The kinds of caller: what their token may do, and how each is answered."""

import os
from collections.abc import Sequence

from rapport.commands.token import ALL_SCOPES
from shared.http.auth import LEEWAY_SECONDS, development_token
from shared.settings import KernelSettings

KINDS = ("full", "reader", "stranger", "nobody", "expired", "garbled")
"""`stranger` has every scope of the other services; `garbled` sends something that is no token."""

KIND, ENDING = "RAPPORT_CALLER", "RAPPORT_ENDING_TOKEN"
"""Variables by which a run's own checks know who calls, and by which feeds get a token that ends them."""

_SECOND = 1 / 3600


def scopes(kind: str, service: str) -> Sequence[str]:
    """Return what this kind of caller may do."""
    if kind == "reader":
        return [f"{service}:read"]
    if kind == "stranger":
        return [scope for scope in ALL_SCOPES if not scope.startswith(f"{service}:")]
    return ALL_SCOPES


def authorization(kind: str, service: str, hours: float = 1) -> str:
    """Return the Authorization header of this kind of caller; empty for nobody."""
    if kind == "nobody":
        return ""
    if kind == "garbled":
        return "Bearer no.real.token"
    left = -2 * LEEWAY_SECONDS * _SECOND if kind == "expired" else hours
    settings = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
    return "Bearer " + development_token(settings, scopes(kind, service), subject=f"fuzz-{kind}", hours=left)


def environment(kind: str, service: str) -> dict[str, str]:
    """Return what a run of Schemathesis as this caller needs.

    A feed lives as long as its token: one that has ended, and is taken for the
    leeway of clocks that go wrong, lets it end behind its first block. To whoever may
    not read, none is opened.
    """
    ending = authorization(kind, service, hours=-5 * _SECOND if kind in ("full", "reader") else 1)
    return {**os.environ, KIND: kind, ENDING: ending or "none"}
