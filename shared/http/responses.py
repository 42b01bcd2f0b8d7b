"""JSON answers, in which whatever is sealed is revealed at the last moment, and nowhere before."""

from fastapi import Response
from starlette.types import Receive, Scope, Send

from shared.privacy.revealing import holds_tokens, reveal
from shared.privacy.vault import Vault


class Revealing(Response):
    """An answer whose body may hold sealed values. Where none is in it, this costs one search of the body."""

    media_type = "application/json"

    def __init__(self, vault: Vault | None, body: bytes, status: int, headers: dict[str, str]) -> None:
        super().__init__(body, status, headers)
        self._vault = vault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open what is sealed, and send. Keys that can't be reached are answered as a database is (503)."""
        body = bytes(self.body)
        if self._vault is not None and holds_tokens(body):
            self.body = await reveal(self._vault, body)
            self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)
