"""A step's own customer: registered and asked about at any API that answers, with a key, until it is known."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from rapport.commands.token import ALL_SCOPES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read
from tests.faults.deployment import Deployment
from tests.faults.steps.step import StepFailed

PATIENCE_SECONDS = 60.0


class Client:
    """Asks the APIs of a deployment as a careful client would: again, with the same key, until the answer is known."""

    def __init__(self, deployment: Deployment, client: httpx.AsyncClient) -> None:
        self._deployment = deployment
        self._client = client
        token = development_token(read(KernelSettings), ALL_SCOPES, subject="faults-step")
        client.headers["Authorization"] = f"Bearer {token}"
        self._asked = 0

    def key(self) -> str:
        """Return a key that no other request has."""
        self._asked += 1
        return f"step-{self._deployment.random.getrandbits(64):x}-{self._asked}"

    async def ask(
        self, service: str, method: str, path: str, body: Any = None, *, key: str | None = None, interrupt: bool = False
    ) -> Mapping[str, Any]:
        """Return what was answered, once it is known. With `interrupt` the API that is asked first is killed meanwhile.

        Raises StepFailed when it was refused, or stays unknown.
        """
        headers = {"Idempotency-Key": key or self.key(), "If-Match": "*"}
        deadline = self._deployment.now + PATIENCE_SECONDS
        said = ""
        while self._deployment.now < deadline:
            name = self._deployment.random.choice(self._deployment.names(service=service, role="api"))
            url = self._deployment.replica(name).url + path
            asking = asyncio.create_task(self._client.request(method, url, json=body, headers=headers))
            if interrupt:
                await asyncio.sleep(self._deployment.random.uniform(0, 0.03))
                await self._deployment.kill(name)
                interrupt = False
            try:
                answer = await asking
            except httpx.HTTPError as error:
                said = repr(error)
            else:
                said = f"{answer.status_code} {answer.text[:300]}"
                if answer.is_success:
                    found: Mapping[str, Any] = answer.json()
                    return found
                if answer.is_client_error and answer.status_code not in (
                    httpx.codes.CONFLICT,
                    httpx.codes.PRECONDITION_FAILED,
                ):
                    break
            await asyncio.sleep(0.2)
        raise StepFailed(f"{method} {path} of {service} stays without an answer that says yes: {said}")

    async def register(self) -> UUID:
        """Register a customer, and return its id."""
        customer = UUID(int=self._deployment.random.getrandbits(128), version=4)
        body = {"source": "branch", "channel": "branch-visit"}
        await self.ask("contact", "PUT", f"/v1/customers/{customer}", body)
        return customer
