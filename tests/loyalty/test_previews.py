"""What is shown of a version before it is published: what keeps it from it, what it changes, and by which token."""

from msgspec import structs

from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.difference import difference
from services.loyalty.domain.programme.preview import Preview, preview
from services.loyalty.domain.programme.programme import Programme, token_of
from services.loyalty.domain.rules.fault import Fault
from shared.testing.given import given
from tests.loyalty.programmes import giving, month, publish, published

ONE, TWO, THREE = giving(1), giving(2), giving(3)
FIRST, SECOND = published(ONE, 1, month(3)), published(TWO, 2, month(7))


def test_a_first_version_is_shown_whole_and_needs_no_token() -> None:
    assert preview(ONE, month(3), month(6), Programme()) == Preview(
        (), False, 1, month(3), False, None, tuple(difference(None, ONE))
    )


def test_a_version_for_later_is_the_next_one_and_needs_no_token() -> None:
    assert preview(TWO, month(6), month(5), PROGRAMME.fold([FIRST])) == Preview(
        (), False, 2, month(6), False, None, tuple(difference(ONE, TWO))
    )


def test_a_back_dated_version_is_published_by_the_token_that_its_preview_shows() -> None:
    programme = PROGRAMME.fold([FIRST])
    shown = preview(TWO, month(4), month(5), programme)
    assert (shown.back_dated, shown.confirm) == (True, token_of(programme, TWO, month(4)))
    assert shown.confirm
    given(PROGRAMME, FIRST).when(publish(TWO, month(4), month(5), shown.confirm)).then(
        published(TWO, 2, month(4), back_dated=True)
    )


def test_what_says_the_same_already_is_no_version_and_needs_no_token() -> None:
    shown = preview(ONE, month(4), month(5), PROGRAMME.fold([FIRST]))
    assert shown == Preview((), True, 1, month(4), True, None, ())


def test_what_is_faulty_has_no_token_however_back_dated_it_is() -> None:
    shown = preview(structs.replace(TWO, name=""), month(4), month(5), PROGRAMME.fold([FIRST]))
    assert shown.faults == (Fault("/name", "", "must be 1 to 200 characters"),)
    assert (shown.back_dated, shown.confirm) == (True, None)


def test_changes_are_told_against_the_version_that_counts_at_that_time() -> None:
    programme = PROGRAMME.fold([FIRST, SECOND])
    compared = [preview(THREE, month(number), month(1), programme).changes for number in (2, 4, 8)]
    assert compared == [tuple(difference(before, THREE)) for before in (None, ONE, TWO)]
