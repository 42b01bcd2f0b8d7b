"""What is sealed is revealed in answers alone, and nobody can send in something that looks sealed."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from fastapi import APIRouter, Response
from msgspec import Struct
from pydantic import BaseModel

from shared.decider import Decider
from shared.events import Catalogue
from shared.handle import Handler
from shared.http import Answer, Call, documented, scope
from shared.http.app import create_app
from shared.http.auth import development_token
from shared.http.kit import Kit
from shared.privacy.key_store import InMemoryKeyStore
from shared.privacy.personal import ERASED, PREFIX, Personal
from shared.privacy.vault import Vault
from shared.service import Service
from shared.store.memory import InMemoryEventStore
from shared.testing import sample
from shared.testing.privacy import memory_vault

WORDS = "Anna Öztürk, 5 Mill Lane"
URL = "/v1/notes/n"


class Noted(Struct, frozen=True):
    """Someone's words."""

    text: Personal


class Draft(BaseModel):
    text: str


NOTE: Decider[Noted, Noted, str | None] = Decider("note", None, lambda note, _: (note,), lambda _, event: event.text)
router = APIRouter(prefix="/v1/notes", tags=["notes"])


@router.post("/{name}", status_code=201, responses=documented(409, 422))
async def note(name: str, draft: Draft, call: Annotated[Call, scope("sample:write")]) -> Response:
    return await call.handle(
        NOTE, NOTE.stream(name), Noted(draft.text), subject=name, answer=lambda out: Answer({"text": out.state}, 201)
    )


@router.get("/{name}", responses=documented(404))
async def read(name: str, call: Annotated[Call, scope("sample:read")]) -> Response:
    loaded = await call.load(NOTE, NOTE.stream(name))
    return call.answer({"text": loaded.state}, version=loaded.version)


@pytest.fixture
def vault() -> Vault:
    return memory_vault(InMemoryKeyStore())


@pytest.fixture
def store(vault: Vault) -> InMemoryEventStore:
    return InMemoryEventStore(Catalogue("sample", {"noted.v1": Noted}), vault=vault)


@pytest.fixture
async def notes(declaration: Service, kit: Kit, store: InMemoryEventStore) -> AsyncIterator[httpx.AsyncClient]:
    service = replace(declaration, routes=(router,))
    app = create_app(service, replace(kit, service=service, store=store, handler=Handler(store)))
    token = development_token(sample.SETTINGS, ["sample:read", "sample:write"], subject="tester")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"Authorization": f"Bearer {token}"}
    ) as client:
        yield client


async def test_the_answer_has_the_words_and_the_log_has_not(
    notes: httpx.AsyncClient, store: InMemoryEventStore
) -> None:
    for answer in (await notes.post(URL, json={"text": WORDS}), await notes.get(URL)):
        assert answer.json() == {"text": WORDS}
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert WORDS not in str(await store.read("note-n"))


async def test_a_kept_answer_is_sealed_and_a_replay_reveals_it(
    notes: httpx.AsyncClient, store: InMemoryEventStore, vault: Vault
) -> None:
    key = {"Idempotency-Key": "k"}
    await notes.post(URL, json={"text": WORDS}, headers=key)
    (kept,) = store._answers.values()
    assert WORDS.encode() not in kept.answer
    assert PREFIX.encode() in kept.answer
    replayed = await notes.post(URL, json={"text": WORDS}, headers=key)
    assert replayed.headers["idempotency-replayed"] == "true"
    assert replayed.json() == {"text": WORDS}
    await vault.destroy(["n"])
    assert (await notes.post(URL, json={"text": WORDS}, headers=key)).json() == {"text": ERASED}
    assert (await notes.get(URL)).json() == {"text": ERASED}


async def test_the_kept_fingerprint_of_a_body_tells_nothing_without_the_secret(
    notes: httpx.AsyncClient, store: InMemoryEventStore
) -> None:
    body = msgspec.json.encode({"text": WORDS})
    headers = {"Idempotency-Key": "k", "content-type": "application/json"}
    await notes.post(URL, content=body, headers=headers)
    (kept,) = store._answers.values()
    assert kept.fingerprint != hashlib.sha256(body).hexdigest()
    other = await notes.post(URL, json={"text": "other"}, headers=headers)
    assert other.status_code == 422


async def test_an_answer_kept_by_the_release_before_is_replayed(
    notes: httpx.AsyncClient, store: InMemoryEventStore
) -> None:
    body = msgspec.json.encode({"text": WORDS})
    headers = {"Idempotency-Key": "k", "content-type": "application/json"}
    await notes.post(URL, content=body, headers=headers)
    (name, kept), *_ = store._answers.items()
    store._answers[name] = msgspec.structs.replace(kept, fingerprint=hashlib.sha256(body).hexdigest())
    assert (await notes.post(URL, content=body, headers=headers)).headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    "body", [b'{"text": "sealed.1.x"}', b'{"text": "\\u0073ealed.1.x"}', b'{"\\u0073ealed.1.": 1, "text": "x"}']
)
async def test_nobody_can_send_in_what_looks_sealed(notes: httpx.AsyncClient, body: bytes) -> None:
    answer = await notes.post(URL, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/sealed-text"
    assert (await notes.get("/v1/notes/sealed.1.x")).status_code == 422


async def test_someone_erased_is_refused_with_a_clear_problem(notes: httpx.AsyncClient, vault: Vault) -> None:
    await vault.destroy(["n"])
    answer: Any = await notes.post(URL, json={"text": WORDS})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/customer-erased")
