"""Sealing and revealing: what stands in the log, what opens it, and what a decider can still compare."""

import re
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from shared.decider import Decider
from shared.errors import Conflict, Rejected
from shared.events import Catalogue
from shared.handle import Handler
from shared.policies.work import WorkingSet
from shared.privacy.data_key import DataKey, Unreadable
from shared.privacy.fields import personal_fields, personal_texts
from shared.privacy.key_store import InMemoryKeyStore
from shared.privacy.personal import ERASED, Personal, is_sealed, same
from shared.privacy.revealing import reveal
from shared.privacy.sealer import Sealer
from shared.privacy.token import PATTERN, read, sealed
from shared.privacy.vault import Erased, Vault
from shared.store.contract import Append
from shared.store.memory import InMemoryEventStore
from shared.testing.privacy import memory_vault
from shared.testing.sample import CONTEXT, NOW

ANNA = str(UUID(int=1))
TEXT = 'Anna Öztürk said: "no"\n'


class Part(Struct, frozen=True):
    """Something with words inside something else."""

    words: Personal
    number: int = 0


class Noted(Struct, frozen=True):
    """Someone's words, in every place where words may stand."""

    title: str
    text: Personal
    maybe: Personal | None = None
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] = {}


class Plain(Struct, frozen=True):
    """Nothing personal."""

    title: str
    above: "Plain | None" = None


class Note(Struct, frozen=True):
    """Note words, once."""

    text: Personal


def decide(command: Note, state: Noted | None) -> tuple[Noted, ...]:
    if state is None:
        return (Noted("note", command.text),)
    if not same(state.text, command.text):
        raise Rejected("differs", "Other words stand there.")
    return ()


NOTE: Decider[Note, Noted, Noted | None] = Decider("note", None, decide, lambda _, event: event)
NOTED = Catalogue("notes", {"noted.v1": Noted, "plain.v1": Plain})


async def revealed(vault: Vault, value: Any) -> Any:
    return msgspec.json.decode(await reveal(vault, msgspec.json.encode(value)))


def test_personal_fields_are_found_wherever_they_stand() -> None:
    assert personal_fields(Noted) == ("text", "maybe", "parts", "named")
    assert personal_fields(Plain) == personal_fields(str) == ()


async def test_every_personal_text_is_sealed_and_only_these() -> None:
    vault = memory_vault()
    event = Noted("t", "a", "b", (Part("c", 7), Part("d")), {"x": Part("e")})
    (after,) = Sealer(vault).sealed([event], "note-1", 4, ANNA)
    assert all(map(is_sealed, personal_texts(after)))
    assert len(list(personal_texts(after))) == 5
    assert (after.title, after.parts[0].number) == ("t", 7)


async def test_the_log_holds_tokens_and_the_answer_the_words() -> None:
    vault = memory_vault()
    store = InMemoryEventStore(NOTED, vault=vault)
    outcome = await Handler(store).handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
    (recorded,) = await store.read("note-1")
    assert TEXT.encode() not in msgspec.json.encode(recorded.data)
    assert outcome.state is not None
    assert is_sealed(outcome.state.text)
    assert (await revealed(vault, outcome.state))["text"] == TEXT


async def test_the_same_words_again_are_quiet_and_other_words_are_not() -> None:
    store = InMemoryEventStore(NOTED, vault=memory_vault())
    for _ in range(2):
        await Handler(store).handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
    assert len(await store.read("note-1")) == 1
    with pytest.raises(Rejected, match="Other words"):
        await Handler(store).handle(NOTE, "note-1", Note("else"), subject=ANNA, context=CONTEXT)


async def test_a_token_is_bound_to_its_subject_and_origin() -> None:
    key = DataKey.fresh()
    token = sealed(key, ANNA, "note-1@1#text", TEXT, key.fingerprint(TEXT))
    found = PATTERN.fullmatch(f'"{token}"'.encode())
    assert found is not None
    assert read(found).open(key) == TEXT
    other = str(UUID(int=2))
    for moved in (token.replace(ANNA, other), re.sub(r"(sealed\.1\.[^.]+)\.[^.]+", r"\1.bm90ZS0yQDEjdGV4dA", token)):
        moved_found = PATTERN.fullmatch(f'"{moved}"'.encode())
        assert moved_found is not None
        with pytest.raises(Unreadable):
            read(moved_found).open(key)


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
@settings(max_examples=60, deadline=None)
async def test_every_text_comes_back_as_it_was(text: str) -> None:
    vault = memory_vault()
    sealer = Sealer(vault)
    (event,) = sealer.sealed([Noted("t", text)], "note-1", 0, "a stream.of/no customer")
    await sealer.keep({"a stream.of/no customer"})
    assert (await revealed(vault, [event, {"deep": [event.text]}]))[1]["deep"] == [text]
    assert same(event, sealer.marked(Noted("t", text), "a stream.of/no customer"))


async def test_what_can_not_be_opened_reads_erased_and_what_only_looks_sealed_stays() -> None:
    vault = memory_vault()
    sealer = Sealer(vault)
    (event,) = sealer.sealed([Noted("t", TEXT)], "note-1", 0, ANNA)
    await sealer.keep({ANNA})
    await vault.destroy([ANNA])
    odd = "sealed.1.x"
    assert await revealed(vault, [event.text, odd, "ordinary"]) == [ERASED, odd, "ordinary"]


async def test_a_new_key_is_durable_before_the_first_event_that_uses_it() -> None:
    keys = InMemoryKeyStore()
    store = InMemoryEventStore(NOTED, vault=memory_vault(keys))
    seen: list[int] = []
    append = store.append

    async def watching(*appends: Any, **more: Any) -> Any:
        seen.append(len(await keys.find([ANNA])))
        return await append(*appends, **more)

    store.append = watching  # type: ignore[method-assign] # looks at the moment of the append
    await Handler(store).handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
    work = WorkingSet(store, NOW)
    await work.load(["note-2"])
    work.handle(NOTE, "note-2", Note(TEXT), subject=str(UUID(int=2)), context=CONTEXT)
    await work.commit()
    assert seen == [1, 1]
    assert len(await keys.find([str(UUID(int=2))])) == 1


async def test_a_batch_that_sealed_under_a_key_of_its_own_making_is_decided_again() -> None:
    keys = InMemoryKeyStore()
    first = InMemoryEventStore(NOTED, vault=memory_vault(keys))
    await Handler(first).handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
    vault = memory_vault(keys)
    store = InMemoryEventStore(NOTED, vault=vault)
    for expected in (pytest.raises(Conflict), None):
        work = WorkingSet(store, NOW)
        await work.load(["note-2"])
        work.handle(NOTE, "note-2", Note(TEXT), subject=ANNA, context=CONTEXT)
        if expected:
            with expected:
                await work.commit()
        else:
            await work.commit()
    (recorded,) = await store.read("note-2")
    assert (await revealed(vault, recorded.event))["text"] == TEXT


async def test_the_keys_of_a_batch_are_fetched_with_its_streams() -> None:
    keys = InMemoryKeyStore()
    store = InMemoryEventStore(NOTED, vault=memory_vault(keys))
    await Handler(store).handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
    store.vault = memory_vault(keys)
    work = WorkingSet(store, NOW)
    await work.load(["note-1", "note-2"])
    await work.fetch_keys(["note-1"])
    work.handle(NOTE, "note-2", Note(TEXT), subject=ANNA, context=CONTEXT)
    await work.commit()


async def test_what_was_undone_makes_no_key() -> None:
    keys = InMemoryKeyStore()
    store = InMemoryEventStore(NOTED, vault=memory_vault(keys))
    work = WorkingSet(store, NOW)
    await work.load(["note-1"])

    def note_and_fail() -> None:
        with work.whole():
            work.handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
            raise Rejected("no", "no")

    with pytest.raises(Rejected):
        note_and_fail()
    await work.commit()
    assert await keys.find([ANNA]) == {}


async def test_nothing_personal_is_recorded_about_someone_erased() -> None:
    vault = memory_vault()
    await vault.destroy([ANNA])
    store = InMemoryEventStore(NOTED, vault=vault)
    with pytest.raises(Erased, match="erased"):
        await Handler(store).handle(NOTE, "note-1", Note(TEXT), subject=ANNA, context=CONTEXT)
    assert await store.read("note-1") == ()


async def test_a_store_refuses_a_personal_text_in_clear() -> None:
    store = InMemoryEventStore(NOTED, vault=memory_vault())
    with pytest.raises(TypeError, match="in clear"):
        await store.append(Append("note-1", 0, ANNA, [Noted("t", TEXT)], CONTEXT))
    await store.append(Append("plain-1", 0, ANNA, [Plain("t")], CONTEXT))


async def test_words_of_before_sealing_still_count_as_the_same() -> None:
    sealer = Sealer(memory_vault())
    assert same(Noted("t", TEXT), sealer.marked(Noted("t", TEXT), ANNA))
    assert not same(Noted("t", TEXT), sealer.marked(Noted("t", "other"), ANNA))
