"""The rules of a code: it is given once, taken by one till once, and tells nobody its text."""

import re
from uuid import UUID

import pytest

from services.loyalty.domain.codes.batch import BATCH, LoadBatch, batch_of, name_of
from services.loyalty.domain.codes.code import CODE, GiveCode, LoadCode, RedeemCode, VoidCode
from services.loyalty.domain.codes.events import CodeBatchLoaded, CodeGiven, CodeLoaded, CodeRedeemed, CodeVoided
from services.loyalty.domain.codes.naming import CODE_TEXT, keyed_hash
from shared.errors import Missing
from shared.testing.given import given
from tests.loyalty.reward_facts import MUG, name

LOADED = CodeLoaded(MUG, 7, "SPRING-1234")
GIVEN = CodeGiven(MUG, 7, name(1))
TAKEN = CodeRedeemed(MUG, 7, "till-3", "r-9")
TAKE = RedeemCode("till-3", "r-9")


def give(redemption: UUID) -> GiveCode:
    return GiveCode(redemption)


def test_a_code_is_in_one_pool() -> None:
    given(CODE).when(LoadCode(MUG, 7, "SPRING-1234")).then(LOADED)
    given(CODE, LOADED).when(LoadCode("other", 1, "SPRING-1234")).then_rejected("code-known")


def test_a_code_is_given_once() -> None:
    given(CODE, LOADED).when(give(name(1))).then(GIVEN)
    given(CODE, LOADED, GIVEN).when(give(name(1))).then_nothing()
    given(CODE, LOADED, GIVEN).when(give(name(2))).then_rejected("code-given")
    given(CODE).when(give(name(1))).then_rejected("code-unknown")


def test_a_code_counts_at_one_till_once() -> None:
    given(CODE, LOADED, GIVEN).when(TAKE).then(TAKEN)
    given(CODE, LOADED, GIVEN, TAKEN).when(TAKE).then_nothing()
    given(CODE, LOADED, GIVEN, TAKEN).when(RedeemCode("till-3", "r-10")).then_rejected("code-redeemed")
    given(CODE, LOADED, GIVEN, TAKEN).when(RedeemCode("till-4", "r-9")).then_rejected("code-redeemed")


def test_a_code_that_nobody_has_is_taken_by_no_till() -> None:
    given(CODE).when(TAKE).then_rejected("code-unknown")
    given(CODE, LOADED).when(TAKE).then_rejected("code-not-given")
    given(CODE, LOADED, GIVEN, CodeVoided(MUG, 7)).when(TAKE).then_rejected("code-void")


def test_a_code_becomes_void_unless_a_till_has_it() -> None:
    given(CODE, LOADED, GIVEN).when(VoidCode()).then(CodeVoided(MUG, 7))
    given(CODE, LOADED, GIVEN, CodeVoided(MUG, 7)).when(VoidCode()).then_nothing()
    given(CODE, LOADED, GIVEN, TAKEN).when(VoidCode()).then_rejected("code-redeemed")
    given(CODE, LOADED, CodeVoided(MUG, 7)).when(give(name(1))).then_rejected("code-given")


def test_a_batch_is_written_once() -> None:
    batch = CodeBatchLoaded(MUG, 7, ("a", "b"))
    given(BATCH).when(LoadBatch(MUG, 7, ("a", "b"))).then(batch)
    given(BATCH, batch).when(LoadBatch(MUG, 7, ("a", "b"))).then_nothing()


def test_a_codes_name_follows_from_the_code_and_the_secret_alone() -> None:
    assert keyed_hash("s", "SPRING-1234") == keyed_hash("s", "SPRING-1234")
    assert len({keyed_hash("s", "SPRING-1234"), keyed_hash("t", "SPRING-1234"), keyed_hash("s", "SPRING-1235")}) == 3
    assert "SPRING" not in keyed_hash("s", "SPRING-1234")


def test_a_codes_name_stays_what_it_is_for_as_long_as_its_stream_bears_it() -> None:
    """HMAC-SHA256 of `code\\0SPRING-1234` under the key `s`, as openssl reckons it."""
    assert keyed_hash("s", "SPRING-1234") == "e9b1b6dfcc725dd5f6e1390938aaec051f2cabfa4de6f58f8d131a72dbf027db"


@pytest.mark.parametrize(("text", "good"), [("ABCD", True), ("ABC", False), ("A B C D", False), ("é" * 5, False)])
def test_a_code_is_of_printable_ascii(text: str, good: bool) -> None:  # noqa: FBT001 - a case of a table
    assert (re.match(CODE_TEXT, text) is not None) is good


def test_a_code_is_sealed_before_it_is_stored() -> None:
    from shared.privacy.fields import personal_fields

    assert personal_fields(CodeLoaded) == personal_fields(LoadCode) == ("code_text",)


def test_a_number_leads_to_its_code_by_the_batch_that_holds_it() -> None:
    assert [batch_of(MUG, (0, 3), number) for number in (0, 2, 3, 9)] == [
        f"{MUG}.0",
        f"{MUG}.0",
        f"{MUG}.3",
        f"{MUG}.3",
    ]
    assert batch_of(MUG, (), 7) == f"{MUG}.0"
    batch = CodeBatchLoaded(MUG, 3, ("c", "d"))
    assert [name_of(batch, number) for number in (3, 4)] == ["c", "d"]
    for found, number in ((None, 3), (batch, 2), (batch, 5)):
        with pytest.raises(Missing) as refusal:
            name_of(found, number)
        assert (refusal.value.code, refusal.value.detail) == ("code-unknown", "The pool has no code of this number.")
