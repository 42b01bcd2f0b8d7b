"""Programmes: show, compare and check versions, and publish the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Response
from msgspec import structs

from services.loyalty.api.history_effect import effect_on_history
from services.loyalty.api.programme_answers import (
    CheckAnswer,
    DifferenceAnswer,
    Draft,
    ProgrammeAnswer,
    Publication,
    VersionAnswer,
    VersionsAnswer,
    version_body,
)
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.difference import difference
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.preview import preview
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.views.programmes import PROGRAMMES
from shared.errors import Invalid, Missing
from shared.handle import Loaded
from shared.http import Answer, Call, Listing, described, documented, scope

router = APIRouter(prefix="/v1", tags=["programmes"])

Reading = Annotated[Call, scope("loyalty:read")]
Writing = Annotated[Call, scope("loyalty:write")]
Name = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,31}$", description="The programme's id.")]
Number = Annotated[int | None, Query(ge=1, le=10**6)]

PROGRAMME_LIST = Listing(
    PROGRAMMES, filters=("published_at", "effective_from"), sorts=("programme_id", "-published_at")
)


@router.get("/programme-schema")
async def show_schema(call: Reading) -> Response:
    """Show the JSON Schema of a programme's document: for editors, and for whoever writes one."""
    return call.answer(msgspec.json.schema(Document))


@router.get("/programmes", openapi_extra=described(PROGRAMME_LIST))
async def list_programmes(call: Reading) -> Response:
    """List the programmes."""
    return await PROGRAMME_LIST.page(call)


@router.get("/programmes/{programme_id}", response_model=ProgrammeAnswer, responses=documented(304, 404))
async def show_programme(programme_id: Name, call: Reading) -> Response:
    """Show the version that counts now; before any does, the first."""
    loaded = await _load(programme_id, call)
    programme = loaded.state
    version = programme.version_at(call.now) or programme.versions[0]
    body = {
        "programme_id": programme_id,
        "name": version.document.name,
        **version_body(version),
        "latest": len(programme.versions),
        "document": version.document,
    }
    return call.answer(body, version=loaded.version)


@router.put(
    "/programmes/{programme_id}", status_code=201, response_model=VersionAnswer, responses=documented(200, 409, 412)
)
async def publish_programme(programme_id: Name, publication: Publication, call: Writing) -> Response:
    """Publish the next version. The latest one again changes nothing; a back-dated one needs the token of its check."""
    must_be_staff(call)
    since = publication.effective_from or call.now
    command = Publish(_document(programme_id, publication), since, call.now, publication.confirm)

    def answer(outcome: Any) -> Answer:
        latest: Version = outcome.state.versions[-1]
        return Answer(version_body(latest), 201 if outcome.events else 200)

    stream = PROGRAMME.stream(programme_id)
    with _named_in_body():
        return await call.handle(PROGRAMME, stream, command, subject=stream, answer=answer)


@router.post("/programmes/{programme_id}/check", response_model=CheckAnswer)
async def check_programme(programme_id: Name, draft: Draft, call: Writing) -> Response:
    """Tell what is wrong with a draft, what it would change, and with which token it may be back-dated.

    For one that is back-dated, that is also what would become of points that members have; of many members a sample.
    """
    must_be_staff(call)
    loaded = await call.load(PROGRAMME, PROGRAMME.stream(programme_id))
    document = _document(programme_id, draft)
    seen = preview(document, draft.effective_from or call.now, call.now, loaded.state)
    if seen.confirm is not None:
        seen = structs.replace(seen, effect=await effect_on_history(call, loaded.state, document, seen))
    return call.answer(seen)


@router.get("/programmes/{programme_id}/versions", response_model=VersionsAnswer, responses=documented(304, 404))
async def list_versions(programme_id: Name, call: Reading) -> Response:
    """List all versions that were ever published, when, and by whom."""
    await _load(programme_id, call)
    history = await call.kit.store.read(PROGRAMME.stream(programme_id))
    versions = [
        {
            **version_body(version),
            "published_at": item.recorded_at,
            "published_by": item.meta.get("actor"),
        }
        for item, version in zip(history, PROGRAMME.fold(item.event for item in history).versions, strict=True)
    ]
    return call.answer({"programme_id": programme_id, "versions": versions}, version=len(history))


@router.get("/programmes/{programme_id}/versions/{number}", responses=documented(304, 404))
async def show_version(programme_id: Name, number: Annotated[int, Path(ge=1, le=10**6)], call: Reading) -> Response:
    """Show the document of one version, as it can be published again."""
    version = _version((await _load(programme_id, call)).state, number)
    # A version never changes: its number is its ETag.
    return call.answer(version.document, version=number)


@router.get("/programmes/{programme_id}/difference", response_model=DifferenceAnswer, responses=documented(304, 404))
async def compare_versions(programme_id: Name, call: Reading, before: Number = None, after: Number = None) -> Response:
    """Compare two versions in words; by default the latest with the one before it."""
    programme = (await _load(programme_id, call)).state
    later = _version(programme, after or len(programme.versions))
    earlier = _version(programme, before) if before else programme.version(later.number - 1)
    body = {
        "programme_id": programme_id,
        "before": earlier and earlier.number,
        "after": later.number,
        "changes": difference(earlier.document if earlier else None, later.document),
    }
    return call.answer(body)


async def _load(programme_id: str, call: Call) -> Loaded[Programme]:
    loaded = await call.load(PROGRAMME, PROGRAMME.stream(programme_id))
    if not loaded.version:
        raise Missing("programme-unknown", "There is no such programme. Publish its first version with PUT.")
    return loaded


def _version(programme: Programme, number: int) -> Version:
    version = programme.version(number)
    if version is None:
        raise Missing("version-unknown", f"The programme has the versions 1 to {len(programme.versions)}.")
    return version


def _document(programme_id: str, draft: Draft) -> Document:
    with _named_in_body():
        document = document_of(draft.document)
        if document.id != programme_id:
            raise Invalid([("/id", "is another programme than the address names")])
    return document


@contextmanager
def _named_in_body() -> Iterator[None]:
    """Let pointers into the document be pointers into the body."""
    try:
        yield
    except Invalid as invalid:
        named = [(f"document{at}" if at.startswith("/") else at, says) for at, says in invalid.problems]
        raise Invalid([(at or "document", says) for at, says in named]) from None
