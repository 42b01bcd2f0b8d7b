"""A service's door as a client uses it: one request, one expectation; retries by key; lists page by page."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from tests.fuzzing.callers import authorization

PATIENCE_SECONDS = 20.0
WAIT = "wait=10"


class Door:
    """One service, asked as a caller who may do everything."""

    def __init__(self, urls: Mapping[str, str], service: str) -> None:
        headers = {"Authorization": authorization("full", service)}
        self._client = httpx.Client(base_url=urls[service], headers=headers, timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, status: int = 200, **headers: str) -> httpx.Response:
        """Read, and expect this status."""
        return self._expect(status, "GET", path, None, headers)

    def version(self, path: str) -> str | None:
        """Return the ETag of what may not be there yet."""
        etag: str | None = self._client.get(path).headers.get("etag")
        return etag

    def put(self, path: str, status: int, body: Any = None, **headers: str) -> httpx.Response:
        """Put, and expect this status."""
        return self._expect(status, "PUT", path, body, headers)

    def post(self, path: str, status: int, body: Any = None, *, keyed: bool = False, **headers: str) -> httpx.Response:
        """Post, and expect this status; `keyed`: also retry, and use the key for something else.

        What was carried out under a key answers a retry with the same; what was refused is decided again.
        """
        if not keyed:
            return self._expect(status, "POST", path, body, headers)
        key = {**headers, "Idempotency-Key": f"key-{uuid4()}"}
        first = self._expect(status, "POST", path, body, key)
        again = self._expect(status, "POST", path, body, key)
        if first.is_success:
            assert again.headers["idempotency-replayed"] == "true"
            assert (again.content, again.headers.get("etag")) == (first.content, first.headers.get("etag"))
            other = {"another": "body"} if body is None else {**body, "another": "body"}
            refused = self._client.post(path, json=other, headers=key)
            assert refused.status_code == 422, refused.text
        return first

    def rows(self, path: str, token: str | None) -> list[dict[str, Any]]:
        """Return all rows of a list that shows the write of `token`, page by page."""
        headers = {} if token is None else {"Consistency-Token": token, "Prefer": WAIT}
        return list(self._pages(path, headers))

    def _pages(self, path: str | None, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
        while path:
            page = self._expect(200, "GET", path, None, headers).json()
            assert page["meta"]["has_more"] == (page["links"]["next"] is not None)
            yield from page["data"]
            path = page["links"]["next"]

    def _expect(self, status: int, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._client.request(method, path, json=body, headers=named)
        assert answer.status_code == status, (
            f"{method} {path} {body}: {answer.status_code}, not {status}: {answer.text}"
        )
        return answer


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def quoted(moment: str) -> str:
    """Return a time as it stands in a query."""
    return quote(moment)


def eventually(look: Callable[[], Any], expected: Any) -> None:
    """Wait until what follows by events is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := look()) != expected:
        assert time.monotonic() < deadline, f"{found} never became {expected}"
        time.sleep(0.02)
