"""What a customer lets us do, and their birthday, which is sealed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.contact.domain.customer import CUSTOMER
from services.contact.domain.preferences import ChangeConsent, TellBirthday
from shared.http import Answer, Call, documented, scope

router = APIRouter(prefix="/v1/customers/{customer_id}", tags=["customers"])

Purpose = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,63}$", description="What for, such as `marketing`.")]

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class ConsentDraft(BaseModel):
    """Whether the customer agrees."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"granted": True}]})

    granted: bool


class BirthdayDraft(BaseModel):
    """The month and the day of a birthday; the year is nobody's business."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"birthday": "05-17"}]})

    birthday: str | None = Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", description="`MM-DD`; null: none.")

    @field_validator("birthday")
    @classmethod
    def _is_a_day(cls, birthday: str | None) -> str | None:
        if birthday is not None and int(birthday[3:]) > _DAYS[int(birthday[:2]) - 1]:
            raise ValueError("is no day of the calendar")
        return birthday


@router.put("/consents/{purpose}", responses=documented(404, 409))
async def change_consent(
    customer_id: UUID, purpose: Purpose, draft: ConsentDraft, call: Annotated[Call, scope("contact:write")]
) -> Response:
    """Say that the customer agrees to a purpose, or no longer does; from now on. The same again changes nothing."""
    call.must_see(customer_id)
    body = {"customer_id": customer_id, "purpose": purpose, "granted": draft.granted}
    return await call.handle(
        CUSTOMER,
        CUSTOMER.stream(customer_id),
        ChangeConsent(customer_id, purpose, draft.granted),
        subject=str(customer_id),
        answer=lambda _: Answer(body),
    )


@router.put("/birthday", responses=documented(404, 409))
async def tell_birthday(
    customer_id: UUID, draft: BirthdayDraft, call: Annotated[Call, scope("contact:write")]
) -> Response:
    """Keep the customer's birthday, sealed; null takes it back. The same again changes nothing."""
    call.must_see(customer_id)
    return await call.handle(
        CUSTOMER,
        CUSTOMER.stream(customer_id),
        TellBirthday(customer_id, draft.birthday),
        subject=str(customer_id),
        answer=lambda _: Answer({"customer_id": customer_id}),
    )
