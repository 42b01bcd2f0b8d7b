"""The demo as an API client: it asks the services what anyone with a token could ask."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

import httpx

from rapport.commands.token import ALL_SCOPES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read


class Services:
    """The four services' APIs."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        token = development_token(read(KernelSettings), ALL_SCOPES, subject="demo")
        headers = {"Authorization": f"Bearer {token}"}
        self._clients = {
            name: httpx.AsyncClient(base_url=url, headers=headers, timeout=30) for name, url in urls.items()
        }

    async def get(self, service: str, path: str) -> Any:
        """Return the JSON of a GET."""
        answer = await self._clients[service].get(path)
        answer.raise_for_status()
        return answer.json()

    async def post(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON of a POST."""
        answer = await self._clients[service].post(path, json=dict(body), headers={"Idempotency-Key": uuid4().hex})
        answer.raise_for_status()
        return answer.json()

    async def put(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON of a PUT."""
        answer = await self._clients[service].put(path, json=dict(body))
        answer.raise_for_status()
        return answer.json()

    def client(self, service: str) -> httpx.AsyncClient:
        """Return the client of one service."""
        return self._clients[service]

    async def best_customer(self) -> str:
        """Return the id of the customer of the highest value."""
        page = await self.get("scoring", "/v1/scores?page[size]=1")
        return cast("str", page["data"][0]["customer_id"])

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()
