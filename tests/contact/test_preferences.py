"""What a customer lets us do, and a birthday that they told: each change once, sealed, and never of someone erased."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.contact.domain.customer import CUSTOMER, CustomerRegistered
from services.contact.domain.erasure import ErasureRequested
from services.contact.domain.preferences import BirthdayTold, ChangeConsent, ConsentChanged, TellBirthday
from shared.errors import Missing
from shared.privacy.fields import personal_fields
from shared.testing.given import given
from tests.contact.served import Served, served

ANNA = UUID(int=1)
KNOWN = CustomerRegistered(ANNA, "branch", "branch-visit")
AGREED, TAKEN_BACK = ConsentChanged(ANNA, "marketing", True), ConsentChanged(ANNA, "marketing", False)
AGREE, TAKE_BACK = ChangeConsent(ANNA, "marketing", True), ChangeConsent(ANNA, "marketing", False)


@pytest.fixture
async def contact(database: str) -> AsyncIterator[Served]:
    async with served(database) as made:
        await made.client.put(f"/v1/customers/{ANNA}", json={"source": "branch", "channel": "branch-visit"})
        yield made


def test_consent_changes_are_recorded_once_each() -> None:
    given(CUSTOMER, KNOWN).when(AGREE).then(AGREED)
    given(CUSTOMER, KNOWN, AGREED).when(AGREE).then_nothing()
    given(CUSTOMER, KNOWN, AGREED).when(TAKE_BACK).then(TAKEN_BACK)
    given(CUSTOMER, KNOWN).when(TAKE_BACK).then_nothing()


def test_a_birthday_is_personal_and_the_same_again_is_quiet() -> None:
    assert personal_fields(BirthdayTold) == personal_fields(TellBirthday) == ("birthday",)
    told = BirthdayTold(ANNA, "05-17")
    given(CUSTOMER, KNOWN).when(TellBirthday(ANNA, "05-17")).then(told)
    given(CUSTOMER, KNOWN, told).when(TellBirthday(ANNA, "05-17")).then_nothing()
    given(CUSTOMER, KNOWN, told).when(TellBirthday(ANNA, None)).then(BirthdayTold(ANNA, None))


def test_of_who_is_unknown_or_erased_nothing_is_recorded() -> None:
    with pytest.raises(Missing):
        CUSTOMER.decide(AGREE, CUSTOMER.initial)
    given(CUSTOMER, KNOWN, ErasureRequested(ANNA)).when(TellBirthday(ANNA, "05-17")).then_rejected("customer-erased")


@pytest.mark.parametrize("odd", ["02-30", "13-01", "00-10", "5-17", "1990-05-17", ""])
async def test_what_is_no_day_is_refused_by_its_field(contact: Served, odd: str) -> None:
    answer = await contact.client.put(f"/v1/customers/{ANNA}/birthday", json={"birthday": odd})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "birthday"


async def test_it_is_told_by_http_and_stored_sealed(contact: Served) -> None:
    for _ in range(2):
        told = await contact.client.put(f"/v1/customers/{ANNA}/birthday", json={"birthday": "05-17"})
        agreed = await contact.client.put(f"/v1/customers/{ANNA}/consents/marketing", json={"granted": True})
        assert (told.status_code, agreed.status_code) == (200, 200)
    _, birthday, consent = await contact.store.read(CUSTOMER.stream(ANNA))
    assert "05-17" not in str(birthday.data)
    assert consent.event == AGREED
