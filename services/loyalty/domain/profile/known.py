"""What was known of a member when a fact happened: from their facts before it, and from their profile by then."""

from collections.abc import Sequence

from msgspec import structs

from services.loyalty.domain.earning.judged import Judged, key_of
from services.loyalty.domain.earning.judging import Earnings, MemberAt
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.profile.days import is_birthday, is_near
from services.loyalty.domain.profile.profile import Profile
from services.loyalty.domain.rules.compiled import CompiledRules
from services.loyalty.domain.rules.fact import Fact, Member

UNTOLD = Profile()
"""The profile of someone of whom nothing was told."""


def knowing(profile: Profile, rulebook: Rulebook, by_facts: MemberAt, judged: Earnings) -> MemberAt:
    """Return what is known by both, as far as the rules for a fact ask for it. The profile's birthdays must be open.

    Of whoever was erased, what was known of a birthday when a fact was `judged` before stays.
    """

    def near_birthday(fact: Fact, rules: CompiledRules) -> tuple[int, ...]:
        birthday, today = profile.birthday_at(fact.occurred_at), fact.occurred_at.astimezone(rules.zone).date()
        if profile.forgotten or (birthday is not None and not is_birthday(birthday)):
            known = judged.find(key_of(fact))
            return known.member.near_birthday if known else ()
        return tuple(days for days in rules.asks.near_birthday if is_near(birthday, today, days))

    def member_at(fact: Fact, before: Sequence[Judged]) -> Member:
        member, rules, at = by_facts(fact, before), rulebook.at(fact.occurred_at), fact.occurred_at
        if rules is None or not rules.asks or profile == UNTOLD:
            return member
        return structs.replace(
            member,
            segments=profile.segments_at(at) if rules.asks.segments else frozenset(),
            consents=profile.consents_at(at) if rules.asks.consents else frozenset(),
            near_birthday=near_birthday(fact, rules),
        )

    return member_at
