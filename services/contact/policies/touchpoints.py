"""A touchpoint came in, by whichever door: find or register its customer, and record the fact once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

from msgspec import Struct

from services.contact.contracts.touchpoint import Kind, Touchpoint, check_time, decode
from services.contact.domain.activity import ACTIVITY, RecordActivity
from services.contact.domain.customer import CUSTOMER, RegisterCustomer
from services.contact.domain.erasure import refuse_erased
from services.contact.domain.identifiers import KeyedHash, keyed_hash
from services.contact.domain.identity import IDENTITY, ClaimIdentifier
from services.contact.domain.interaction import INTERACTION, RecordInteraction
from services.contact.domain.purchase import PURCHASE, Line, RecordPurchase, RefundPurchase
from services.contact.policies.merges import root_of
from shared.errors import Invalid, Missing, Rejected
from shared.policies.policy import Policy, RawRecord, Source, Work
from shared.privacy.cutting import is_mark
from shared.privacy.personal import PREFIX
from shared.settings import KernelSettings
from shared.store.contract import Context
from shared.store.partition import partition_of

NAME = "touchpoints"
TOPIC = "rapport.touchpoints.v1"


class Received(Struct, frozen=True):
    """A touchpoint, with its stream, those of its identifiers, and what is known of how it came."""

    touchpoint: Touchpoint
    stream: str
    identities: tuple[tuple[str, str], ...]
    causation: str | None = None
    traceparent: str | None = None
    actor: str | None = None

    @property
    def personal(self) -> bool:
        """Whether it brings someone's words."""
        return self.touchpoint.interaction is not None and self.touchpoint.interaction.summary is not None

    @property
    def concerns(self) -> str:
        """The subject under whose key it is sealed where it has to be parked: the customer, or an identifier's hash."""
        named = self.touchpoint.customer_id
        return str(named) if named is not None else f"identity-{self.identities[0][1]}"

    @property
    def streams(self) -> Sequence[str]:
        """Every stream that recording it may touch."""
        named = self.touchpoint.customer_id
        customer = () if named is None else (CUSTOMER.stream(named),)
        return (*(f"identity-{hashed}" for _, hashed in self.identities), self.stream, *customer)


class Recorded(Struct, frozen=True):
    """What became of a touchpoint: whose it is, where it is recorded, and whether that was known before."""

    customer_id: UUID
    stream: str
    version: int
    known: bool


@dataclass(frozen=True)
class Touchpoints:
    """The one meaning behind all doors."""

    hashed: KeyedHash

    def received(self, touchpoint: Touchpoint, **how: str | None) -> Received:
        """Return the touchpoint with its identifiers' hashes."""
        identities = tuple((item.type, self.hashed(item.type, item.value)) for item in touchpoint.identifiers)
        return Received(touchpoint, touchpoint.stream, identities, **how)

    def decode(self, record: RawRecord) -> Received | None:
        """Read a CloudEvent in binary mode; None for our own marks. Raises Invalid, which names header or field."""
        headers = dict(record.headers)
        if is_mark(record):
            return None
        lacking = [name for name in ("ce_specversion", "ce_id", "ce_type", "ce_source") if not headers.get(name)]
        if lacking:
            raise Invalid([(name, "a CloudEvent in binary mode must have this header") for name in lacking])
        return self.received(
            decode(record.value or b""),
            causation=_text("ce_id", headers["ce_id"])[:255],
            traceparent=_text("traceparent", headers.get("traceparent"))[:55] or None,
        )

    def record(self, work: Work, received: Received) -> Recorded:
        """Resolve the customer and record the fact; a repeat finds both as they are and changes nothing.

        Raises:
            Invalid: the touchpoint says it comes from the future.
            Rejected: its identifiers disagree, or its id stands for another fact.
        """
        touchpoint, stream = received.touchpoint, received.stream
        check_time(touchpoint, work.now)
        context = Context(
            touchpoint.occurred_at,
            work.now,
            actor=received.actor,
            causation=received.causation,
            traceparent=received.traceparent,
        )
        customer_id = self._customer(work, received, context)
        subject = str(customer_id)
        match touchpoint.kind:
            case Kind.PURCHASE:
                command = _purchase(touchpoint, customer_id)
                events: Sequence[Any] = work.handle(PURCHASE, stream, command, subject=subject, context=context)
            case Kind.REFUND:
                refund = _refund(touchpoint, customer_id)
                events = work.handle(PURCHASE, stream, refund, subject=subject, context=context)
            case Kind.INTERACTION:
                interaction = _interaction(touchpoint, customer_id)
                events = work.handle(INTERACTION, stream, interaction, subject=subject, context=context)
            case Kind.ACTIVITY:
                activity = _activity(touchpoint, customer_id)
                events = work.handle(ACTIVITY, stream, activity, subject=subject, context=context)
            case _:
                assert_never(touchpoint.kind)
        return Recorded(customer_id, stream, work.version(stream), known=not events)

    def _customer(self, work: Work, received: Received, context: Context) -> UUID:
        touchpoint = received.touchpoint
        owned = [work.state(IDENTITY, f"identity-{hashed}").customer_id for _, hashed in received.identities]
        owners = [owner for owner in owned if owner is not None]
        named = touchpoint.customer_id
        if named is not None:
            known = work.state(CUSTOMER, CUSTOMER.stream(named))
            refuse_erased(named, known.erasure)
            if not known.registered:
                raise Missing("customer-unknown", f"There is no customer {named}. Register it, or send identifiers.")
            owners.append(named)
        customer_id = self._one(work, owners, received) if owners else self._register(work, received, context)
        for (type_, hashed), owner in zip(received.identities, owned, strict=True):
            if owner is None:
                claim = ClaimIdentifier(customer_id, type_, hashed)
                work.handle(IDENTITY, f"identity-{hashed}", claim, subject=str(customer_id), context=context)
        return customer_id

    def _one(self, work: Work, owners: Sequence[UUID], received: Received) -> UUID:
        """Return the one whose the touchpoint is: who has it already, or else the first of `owners`.

        They may be several where merges make them one: what happens stays with
        the customer to whom it happened, so that an undo can part them again.
        """
        known, repeated = _recorded_with(work, received)
        others = {*owners, *(() if known is None else (known,))}
        if len(others) == 1 or (repeated and known in owners):
            return known or owners[0]
        roots = {customer: root_of(work, customer) for customer in others}
        if len({roots[owner] for owner in owners}) > 1:
            listed = ", ".join(sorted(map(str, set(owners))))
            raise Rejected("identifiers-disagree", f"The identifiers belong to several customers: {listed}.")
        return known if known is not None and roots[known] == roots[owners[0]] else owners[0]

    def _register(self, work: Work, received: Received, context: Context) -> UUID:
        touchpoint = received.touchpoint
        customer_id = self._new_id(work, received)
        stream = CUSTOMER.stream(customer_id)
        work.begin(stream)
        command = RegisterCustomer(customer_id, touchpoint.source, touchpoint.channel)
        work.handle(CUSTOMER, stream, command, subject=str(customer_id), context=context)
        return customer_id

    def _new_id(self, work: Work, received: Received) -> UUID:
        """Return a fresh id; of someone whose identifier an erased customer had, in the partition that it stays in."""
        states = (work.state(IDENTITY, f"identity-{hashed}") for _, hashed in received.identities)
        former = next((state.former for state in states if state.former), None)
        customer_id = work.new_id()
        while former is not None and partition_of(str(customer_id)) != partition_of(str(former)):
            customer_id = work.new_id()
        return customer_id

    def policy(self) -> Policy[Received]:
        """Return the door through Kafka."""

        def react(work: Work, received: Received) -> None:
            self.record(work, received)

        return Policy(
            name=NAME,
            source=Source(TOPIC, self.decode, sequenced=False, concerns=lambda received: received.concerns),
            key=lambda received: received.stream,
            needs=lambda received: received.streams,
            react=react,
            personal=lambda received: received.personal,
        )


def _text(name: str, value: bytes | None) -> str:
    """Return a header as text. Raises Invalid for what would be stored and mean something else there."""
    text = (value or b"").decode(errors="replace")
    if "\0" in text or PREFIX in text:
        raise Invalid([(name, f"must hold neither NUL nor {PREFIX!r}")])
    return text


def _recorded_with(work: Work, received: Received) -> tuple[UUID | None, bool]:
    """Return whose the fact, or the purchase that it is about, is by now, and whether the fact itself is recorded."""
    touchpoint = received.touchpoint
    if touchpoint.kind is Kind.INTERACTION:
        interaction = work.state(INTERACTION, received.stream).recorded
        return (None, False) if interaction is None else (interaction.customer_id, True)
    if touchpoint.kind is Kind.ACTIVITY:
        activity = work.state(ACTIVITY, received.stream).recorded
        return (None, False) if activity is None else (activity.customer_id, True)
    purchase = work.state(PURCHASE, received.stream)
    repeated = touchpoint.kind is Kind.PURCHASE or touchpoint.id in purchase.refunds
    return (None, False) if purchase.recorded is None else (purchase.recorded.customer_id, repeated)


def touchpoints(settings: KernelSettings) -> Touchpoints:
    """Return the meaning of touchpoints under the deployment's identity secret."""
    return Touchpoints(keyed_hash(settings.identity_secret.get_secret_value()))


def _purchase(touchpoint: Touchpoint, customer_id: UUID) -> RecordPurchase:
    part = touchpoint.purchase
    assert part is not None, "the decoder asks for it"  # noqa: S101 - tells the type checker what the decoder promises
    return RecordPurchase(
        customer_id,
        touchpoint.source,
        touchpoint.id,
        part.amount,
        part.currency,
        part.items,
        touchpoint.channel.value,
        touchpoint.invented,
        tuple(Line(line.product, line.amount, line.category, line.quantity) for line in part.lines),
        part.tax,
        part.paid_with_points,
    )


def _refund(touchpoint: Touchpoint, customer_id: UUID) -> RefundPurchase:
    part = touchpoint.refund
    assert part is not None, "the decoder asks for it"  # noqa: S101 - as above
    return RefundPurchase(customer_id, touchpoint.source, part.order_id, touchpoint.id, part.amount, part.currency)


def _interaction(touchpoint: Touchpoint, customer_id: UUID) -> RecordInteraction:
    part = touchpoint.interaction
    assert part is not None, "the decoder asks for it"  # noqa: S101 - as above
    return RecordInteraction(
        customer_id,
        touchpoint.source,
        touchpoint.id,
        touchpoint.channel.value,
        part.direction,
        part.topic,
        part.summary,
        part.duration_seconds,
        touchpoint.invented,
    )


def _activity(touchpoint: Touchpoint, customer_id: UUID) -> RecordActivity:
    part = touchpoint.activity
    assert part is not None, "the decoder asks for it"  # noqa: S101 - as above
    return RecordActivity(
        customer_id,
        touchpoint.source,
        touchpoint.id,
        part.what,
        touchpoint.channel.value,
        part.code,
        part.partner,
        part.amount,
        part.currency,
        part.attributes,
        touchpoint.invented,
    )
