"""Interrupt erasures: what erases is killed at random points, and does it again; nothing personal is left."""

import asyncio
from typing import Annotated
from uuid import UUID

import asyncpg
import httpx
from msgspec import Meta

from rapport.services import SERVICES
from tests.faults.deployment import Deployment
from tests.faults.program import Program, rapport
from tests.faults.steps.own_customer import Client
from tests.faults.steps.step import Step, StepFailed

FINISH_SECONDS = 60.0
KEYS_LEFT = "SELECT count(*) FROM data_key WHERE subject = $1"


class InterruptErasure(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="interrupt-erasure"):
    """Erase `times` customers, by turns over the API and by command, each time interrupted.

    Raises StepFailed when one isn't erased in the end, or what was written of them can be read.
    """

    times: Annotated[int, Meta(ge=1)] = 3

    async def run(self, deployment: Deployment) -> None:
        async with httpx.AsyncClient(timeout=6) as http:
            client = Client(deployment, http)
            for turn in range(self.times):
                await self._one(deployment, client, by_command=turn % 2 == 1)

    async def _one(self, deployment: Deployment, client: Client, *, by_command: bool) -> None:
        customer = await client.register()
        secret = f"secret{deployment.random.getrandbits(64):x}"
        draft = {"customer_id": str(customer), "summary": f"It is {secret}.", "touchpoint": secret}
        ticket = (await client.ask("tickets", "POST", "/v1/tickets", {**draft, "touchpoint": f"t-{customer}"}))[
            "ticket_id"
        ]
        if secret not in str(await client.ask("tickets", "GET", f"/v1/tickets/{ticket}")):
            raise StepFailed("a ticket doesn't show its summary, so nothing can be said of its erasure")
        if by_command:
            program = await Program(deployment, "erase", str(customer), "--yes").start()
            await program.kill_after(deployment.random.uniform(1.0, 5.0))
        else:
            await client.ask("contact", "POST", f"/v1/customers/{customer}/erasure", interrupt=True)
            await asyncio.sleep(deployment.random.uniform(0, 0.5))
            for name in deployment.names(service="contact", role="worker"):
                await deployment.kill(name)
        await self._finish(deployment, client, customer, by_command=by_command)
        if secret in str(await client.ask("tickets", "GET", f"/v1/tickets/{ticket}")):
            raise StepFailed(f"{customer} is erased, and the ticket {ticket} still shows what they said")
        await _nothing_left(deployment, secret)

    async def _finish(self, deployment: Deployment, client: Client, customer: UUID, *, by_command: bool) -> None:
        """Do it again where a command did it; what was asked of the API must come to its end by itself."""
        if by_command:
            code, said = await rapport(deployment, "erase", str(customer), "--yes")
            if code:
                raise StepFailed(f"{customer} can't be erased after it was interrupted: {said[-400:]}")
        shown = None
        for _ in range(int(FINISH_SECONDS * 2)):
            shown = await client.ask("contact", "GET", f"/v1/customers/{customer}/erasure")
            if shown["finished_at"]:
                return
            await asyncio.sleep(0.5)
        raise StepFailed(f"the erasure of {customer} doesn't come to its end: {shown}")


async def _nothing_left(deployment: Deployment, secret: str) -> None:
    """Look for the words in every table of text and every log of the services."""
    for service in SERVICES:
        connection = await asyncpg.connect(deployment.postgres.url(service))
        try:
            for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                query = f'SELECT count(*) FROM "{table[0]}" t WHERE t::text LIKE $1'
                if await connection.fetchval(query, f"%{secret}%"):
                    raise StepFailed(f"{service}.{table[0]} holds words of somebody who was erased")
        finally:
            await connection.close(timeout=2)
    for file in deployment.logs.glob("*.log"):
        if secret in await asyncio.to_thread(file.read_text, errors="replace"):
            raise StepFailed(f"{file.name} holds words of somebody who was erased")
