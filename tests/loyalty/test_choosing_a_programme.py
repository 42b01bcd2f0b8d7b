"""A programme is chosen as a member is enrolled: before the sign-up is judged, which is by the one that was chosen."""

from typing import Any
from uuid import UUID

from services.loyalty.contracts.scoring import CustomerScored
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.policies.judging import Judging, Promised
from services.loyalty.policies.segments import segments
from shared.policies.work import WorkingSet
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.telling import follow, own, told
from tests.loyalty.test_member_programmes import AIRLINE, SHOP, code, enrol, publish


def welcoming(document: dict[str, Any], points: int, currency: str) -> dict[str, Any]:
    effect = {"type": "add", "points_currency": currency, "amount": {"type": "fixed", "points": points}}
    welcome = {"id": "welcome", "on": ["sign-up"], "effects": [effect]}
    return {**document, "earning": {"rules": [*document["earning"]["rules"], welcome]}}


async def signed_up(api: Api, who: UUID = ANNA) -> None:
    """Let the sign-up be judged, as the enrolment comes back from loyalty's own topic."""
    (enrolled,) = await own(api.store, ACCOUNT.stream(who), [MemberEnrolled])
    await follow(api.store, enrolled)


async def test_a_programme_that_is_chosen_before_the_sign_up_is_judged_gives_its_own_welcome(api: Api) -> None:
    await publish(api, welcoming(SHOP, 100, "points"))
    await publish(api, welcoming(AIRLINE, 500, "miles"))
    api.client = api.made(programme="shop")
    assert (await enrol(api, "airline")).status_code == 201  # in the request that enrols
    await enrol(api, who=BERT)  # as contact's customers are, before they could choose
    assert (await enrol(api, "airline", BERT)).status_code == 201
    for who in (ANNA, BERT):
        await signed_up(api, who)
        balance = await api.get("balance", who)
        assert (balance["currency"], balance["balance"]) == ("miles", 500)


async def test_who_was_welcomed_by_the_usual_programme_is_told_that_one_chooses_at_enrolment(api: Api) -> None:
    await publish(api, welcoming(SHOP, 100, "points"))
    await publish(api, AIRLINE)
    api.client = api.made(programme="shop")
    await enrol(api)
    await signed_up(api)
    refused = await enrol(api, "airline")
    assert code(refused) == (409, "programme-differs")
    assert refused.json()["detail"] == (
        "The member belongs to shop since it gave them what it gives for signing up. "
        "A programme is chosen as a member is enrolled: name it in the request that enrols them."
    )
    await api.earn("o1", "10")
    assert "may hold points" in (await enrol(api, "airline")).json()["detail"]


async def test_a_class_is_noted_of_who_chose_a_programme_where_none_is_the_usual_one(api: Api) -> None:
    await publish(api, AIRLINE)
    await enrol(api, "airline")
    policy = segments(Judging(Promised()))
    for who in (ANNA, BERT):
        event, work = told("scoring", CustomerScored(who, "gold"), day(1), who=who), WorkingSet(api.store, day(1))
        await work.load(policy.needs(event))
        await work.decide(policy.react, work, event)
        await work.commit()
    assert [len(await api.store.read(PROFILE.stream(who))) for who in (ANNA, BERT)] == [1, 0]
