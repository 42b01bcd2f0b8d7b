"""A programme's sections `abuse` and `pools`: read whole, checked, and told in sentences where they change."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from rapport.programme_file import read_programme
from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.limits import Blocking, Limits, ReturnLoops, StepUp, Transfers, Velocity, Withholding
from services.loyalty.domain.abuse.verdict import Outcome
from services.loyalty.domain.pools.rules import Leaving, PoolRules, Spenders
from services.loyalty.domain.programme.difference import difference
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.domain.programme.soundness import document_faults
from shared.errors import Invalid
from tests.loyalty.programmes import SHOP

FOLDER = Path(__file__).parents[2] / "services" / "loyalty" / "programmes"


def shipped(name: str) -> Document:
    return document_of(read_programme(FOLDER / f"{name}.yaml"))


def changed(before: Document, after: Document) -> dict[str, str]:
    return {change.at: change.says for change in difference(before, after)}


def test_the_shipped_programmes_have_limits_and_pools() -> None:
    shop, airline = shipped("shop"), shipped("airline")
    assert document_faults(shop) == document_faults(airline) == []
    assert shop.abuse is not None
    assert shop.abuse.looks_at(Kind.EARNING)
    assert airline.pools == PoolRules()


@pytest.mark.parametrize(
    ("sections", "at"),
    [
        ({"abuse": {"velocity": [{"kind": "earning", "hours": 24, "most_act": 3}]}}, "/abuse/velocity/0"),
        ({"abuse": {"velocity": [{"kind": "theft", "hours": 24}]}}, "/abuse/velocity/0/kind"),
        ({"abuse": {"velocity": [{"kind": "earning", "hours": 1.5}]}}, "/abuse/velocity/0/hours"),
        ({"abuse": {"self_referral": "shoot"}}, "/abuse/self_referral"),
        ({"pools": {"leaving": "burn"}}, "/pools/leaving"),
        ({"pools": {"mosts": 4}}, "/pools"),
    ],
)
def test_what_a_section_can_not_say_is_named(sections: dict[str, Any], at: str) -> None:
    raw = {"id": "shop", "name": "The shop", "currencies": [{"code": "points"}], **sections}
    with pytest.raises(Invalid) as caught:
        document_of(raw)
    assert [place for place, _ in caught.value.problems] == [at]


def test_faults_stand_at_their_place_in_the_document() -> None:
    faulty = structs.replace(SHOP, abuse=Limits(blocking=Blocking(0, 1)), pools=PoolRules(1))
    assert [fault.at for fault in document_faults(faulty)] == ["/abuse/blocking/suspicions", "/pools/most"]


def test_a_new_section_is_told_in_sentences() -> None:
    after = structs.replace(SHOP, pools=PoolRules(4, Leaving.LEAVE, Spenders.OWNER, 7))
    assert changed(SHOP, after) == {
        "/pools/most": "new: a pool has room for 4 members",
        "/pools/leaving": "new: who leaves a pool leaves their points to its owner",
        "/pools/spenders": "new: its owner alone spends from a pool",
        "/pools/invitation_days": "new: an invitation to a pool stands for 7 days",
    }
    assert set(changed(after, SHOP).values()) == {f"gone: {says[5:]}" for says in changed(SHOP, after).values()}


def test_every_limit_has_its_sentence() -> None:
    limits = Limits(
        (
            Velocity(Kind.EARNING, 24, 3),
            Velocity(Kind.TRANSFER, 48, most_points=500, outcome=Outcome.REFUSE),
            Velocity(Kind.REDEMPTION, 1, 2, 90, Outcome.BLOCK),
        ),
        ReturnLoops(720, 336, 1),
        Transfers(48, 24),
        StepUp(1000, 24, 10, ("phr", "phrh")),
        Blocking(3, 72),
        Outcome.SUSPECT,
        Withholding(336),
    )
    assert changed(SHOP, structs.replace(SHOP, abuse=limits)) == {
        "/abuse/velocity/earning-24h-suspect": "new: at most 3 acts of earning within 24 hours; beyond,"
        " it is suspected",
        "/abuse/velocity/transfer-48h-refuse": "new: at most 500 points of transfer within 48 hours; beyond,"
        " it is refused",
        "/abuse/velocity/redemption-1h-block": "new: at most 2 acts and 90 points of redemption within 1 hours; beyond,"
        " the account is blocked",
        "/abuse/return_loops": "new: at most 1 purchases within 720 hours are given back, not later than 336 hours"
        " after they were made and with a redemption in between; beyond, it is suspected",
        "/abuse/transfers": "new: points are given away 48 hours after the enrolment at the earliest; at most 1 of what"
        " came in within 24 hours is passed on",
        "/abuse/step_up": "new: redemptions above 1000 points within 24 hours need a proof by phr or phrh, not older"
        " than 10 minutes",
        "/abuse/blocking": "new: 3 suspicions within 72 hours block the account",
        "/abuse/self_referral": "new: when members refer themselves, it is suspected",
        "/abuse/withholding": "new: points of a suspicious earning can't be spent until 336 hours after it",
    }


def test_a_limit_that_changes_tells_both_sentences_and_the_others_stay_silent() -> None:
    one = structs.replace(SHOP, abuse=Limits(step_up=StepUp(1000)))
    other = structs.replace(SHOP, abuse=Limits(step_up=StepUp(2000)))
    told = changed(one, other)
    assert list(told) == ["/abuse/step_up"]
    assert "1000 points" in told["/abuse/step_up"].partition("; now: ")[0]
    assert "2000 points" in told["/abuse/step_up"].partition("; now: ")[2]


def test_the_first_version_tells_them_as_well() -> None:
    found = {change.at for change in difference(None, structs.replace(SHOP, pools=PoolRules()))}
    assert "/pools/most" in found
