"""What a back-dated version changes of history, reckoned by hand, and how far it has been carried out."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import structs

from services.loyalty.domain.earning.judging import Earnings, by_orders
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.revising.effect import MOST_AFFECTED, Effect, MemberEffect, Reckoning, RuleEffect
from services.loyalty.domain.revising.revision import (
    REVISION,
    Advance,
    Finish,
    Revision,
    RevisionAdvanced,
    RevisionFinished,
    revision_id,
)
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Limit, RuleSet
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.what_if_facts import LONG_AGO, Log, published

BASE = rules(rule("base", Base(PerAmount(1))))
TRIPLE = rules(rule("base", Base(PerAmount(3))))
NO_BUDGETS: Mapping[str, int] = {}


def order(name: str, amount: int, on: float) -> Fact:
    return Fact("purchase", "shop", name, day(on), Decimal(amount), "EUR")


def earnings(*facts: Fact, by: RuleSet = BASE) -> Earnings:
    """What a member earned by the rules that counted until now."""
    log = Log(published(by))
    for fact in facts:
        log.tell(fact)
    return ACCOUNT.fold(log.events(ANNA)).earnings


def reckoning(after: RuleSet, since: float, budgets: Mapping[str, int] = NO_BUDGETS, by: RuleSet = BASE) -> Reckoning:
    """A version from a day on, told as the second one."""
    programme = published(by, after, since=(LONG_AGO, day(since)))
    return Reckoning(Rulebook(programme), day(since), budgets)


def examined(reckoned: Reckoning, members: Mapping[UUID, Earnings], among: int | None = None) -> Effect:
    for who, earned in members.items():
        reckoned.examine(str(who), earned, by_orders)
    return reckoned.effect(len(members) if among is None else among)


def test_only_facts_from_the_date_on_are_judged_again_and_told_by_rule_before_and_after() -> None:
    effect = examined(reckoning(TRIPLE, 2), {ANNA: earnings(order("o1", 5, 1), order("o2", 10, 2), order("o3", 7, 3))})
    assert effect == Effect(
        members=1,
        examined=1,
        sample=False,
        affected=1,
        facts=2,
        points={"points": 34},
        rules=(RuleEffect("base", "points", 17, 51),),
        most_affected=(MemberEffect(str(ANNA), {"points": 34}),),
        belonging=1,
    )


def test_rules_that_come_and_go_are_told_in_their_order_with_nothing_on_one_side() -> None:
    other = rules(rule("added", Add(Fixed(4))), rule("miles", Add(Fixed(2), "miles")))
    effect = examined(reckoning(other, 0), {ANNA: earnings(order("o1", 10, 1)), BERT: earnings(order("o1", 1, 1))})
    assert effect.rules == (
        RuleEffect("added", "points", 0, 8),
        RuleEffect("base", "points", 11, 0),
        RuleEffect("miles", "miles", 0, 4),
    )
    assert effect.points == {"points": -3, "miles": 4}
    assert (effect.affected, effect.facts, effect.belonging) == (2, 2, 2)


def test_who_earns_the_same_is_examined_and_not_affected() -> None:
    same = rules(rule("other", Base(PerAmount(1))))
    effect = examined(reckoning(same, 0), {ANNA: earnings(order("o1", 10, 1)), BERT: earnings()})
    assert (effect.examined, effect.belonging, effect.affected, effect.most_affected) == (2, 2, 0, ())
    assert (effect.facts, effect.points) == (1, {})
    assert effect.rules == (RuleEffect("base", "points", 10, 0), RuleEffect("other", "points", 0, 10))


def test_those_whose_points_change_most_are_named_first_up_or_down() -> None:
    halved = rules(rule("base", Base(PerAmount(1, Decimal(2)))))
    members = {UUID(int=number): earnings(order("o1", 2 * number, 1)) for number in range(1, MOST_AFFECTED + 3)}
    effect = examined(reckoning(halved, 0), members)
    assert [(UUID(one.customer_id).int, one.change) for one in effect.most_affected] == [
        (number, {"points": -number}) for number in range(MOST_AFFECTED + 2, 2, -1)
    ]
    assert effect.affected == MOST_AFFECTED + 2


def test_a_change_in_two_currencies_counts_by_both() -> None:
    asked = rule("asked", Add(Fixed(1)), Add(Fixed(9), "miles"), on=("survey",))
    more = rules(rule("base", Base(PerAmount(1))), rule("more", Add(Fixed(9))), asked)
    survey = Fact("survey", "shop", "s1", day(1), Decimal(0), "EUR")
    effect = examined(reckoning(more, 0), {ANNA: earnings(order("o1", 10, 1)), BERT: earnings(survey)})
    assert effect.most_affected == (
        MemberEffect(str(BERT), {"points": 1, "miles": 9}),
        MemberEffect(str(ANNA), {"points": 9}),
    )


def test_members_of_other_programmes_are_passed_by_and_of_many_it_is_a_sample() -> None:
    reckoned = reckoning(TRIPLE, 0)
    reckoned.pass_by()
    reckoned.pass_by()
    effect = examined(reckoned, {ANNA: earnings(order("o1", 10, 1))}, among=4)
    assert (effect.members, effect.examined, effect.sample, effect.belonging) == (4, 3, True, 1)
    assert examined(reckoned, {}, among=3).sample is False


def test_what_others_have_used_of_a_budget_is_not_there_to_be_given_again() -> None:
    shared = rules(rule("base", Base(PerAmount(3)), budgets=(Limit(40, "month"),)))
    unused = examined(reckoning(shared, 0), {ANNA: earnings(order("o1", 10, 1))})
    (budget,) = _uses(shared, order("o1", 10, 1))
    used = examined(reckoning(shared, 0, {budget: 25}), {ANNA: earnings(order("o1", 10, 1))})
    assert (unused.points, used.points) == ({"points": 20}, {"points": 5})


def _uses(by: RuleSet, fact: Fact) -> Any:
    (judged,) = earnings(fact, by=by).judged.values()
    return judged.trace.uses


BATCH = RevisionAdvanced("shop", 2, day(2), "account-b", 2, 1, ("account-x",))
NEXT = RevisionAdvanced("shop", 2, day(2), "account-d", 3, 2)


def test_each_batch_is_noted_where_the_last_one_ended() -> None:
    given(REVISION).when(Advance("", BATCH)).then(BATCH)
    given(REVISION, BATCH).when(Advance("account-b", NEXT)).then(NEXT)
    for elsewhere in ("", "account-a", "account-c"):
        given(REVISION, BATCH).when(Advance(elsewhere, NEXT)).then_nothing()


def test_it_ends_once_with_what_all_batches_came_to() -> None:
    assert REVISION.fold([BATCH, NEXT]) == Revision("account-d", 5, 3, 1)
    end = RevisionFinished("shop", 2, 5, 3, 1)
    given(REVISION, BATCH, NEXT).when(Finish("shop", 2)).then(end)
    given(REVISION).when(Finish("shop", 2)).then(RevisionFinished("shop", 2, 0, 0, 0))
    given(REVISION, BATCH, NEXT, end).when(Finish("shop", 2)).then_nothing()
    given(REVISION, BATCH, end).when(Advance("account-b", NEXT)).then_nothing()
    assert REVISION.fold([BATCH, end]) == structs.replace(REVISION.fold([BATCH]), finished=True)


def test_a_version_has_a_revision_of_its_own() -> None:
    assert [revision_id("shop", 2), revision_id("shop", 12)] == ["shop.2", "shop.12"]
