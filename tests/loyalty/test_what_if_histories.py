"""Over random histories: unchanged rules reproduce what happened, others give what the ledger would have."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Base, RuleSet
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.domain.what_if.alternative import Alternative, alternative_of
from services.loyalty.domain.what_if.side import as_judged
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.rule_sets import facts, rule, rule_sets, rules
from tests.loyalty.what_if_facts import BY_TIER, LONG_AGO, NOW, SINCE, Log, asked, document, logs, played, published


def as_published(judged: Judged, alternative: Alternative) -> Judged:
    """The judgement under the number of the version in whose place the one stands that it is by."""
    trace, reduced = (
        part and structs.replace(part, version=alternative.original(part.version))
        for part in (judged.trace, judged.reduced)
    )
    assert trace is not None
    return structs.replace(judged, trace=trace, reduced=reduced)


@settings(max_examples=300, deadline=None)
@for_all(logs())
def test_an_unchanged_rule_set_reproduces_the_real_history_exactly(log: Log) -> None:
    """With late facts, repeats, returns, back-dated versions, a closed account, and limits that all members share."""
    result, alternative = played(log, asked()), alternative_of(asked(), log.programme, NOW)
    for who, play in result.plays.items():
        account = ACCOUNT.fold(log.events(who))
        within = {key: one for key, one in account.earnings.judged.items() if one.fact.occurred_at < day(90)}
        assert {key: as_published(one, alternative) for key, one in play.earnings.judged.items()} == within
        assert play.simulated.stands == play.real.stands
        assert play.simulated.changes == play.real.changes
        lots = {key: sum(of.values()) for key, of in account.standing.items() if key in within}
        assert {key: sum(points.values()) for key, points in play.real.stands.items()} == lots
    assert result.tally.real == result.tally.simulated
    assert (result.tally.affected, result.tally.gaining, result.tally.losing) == ([], 0, 0)


def test_what_a_return_lets_be_judged_again_changed_when_the_fact_happened() -> None:
    """A version is published late, and nothing but the return of the first order lets that be looked at again."""
    first, second = (Fact("purchase", "shop", f"o{on}", day(on), Decimal(0), "EUR") for on in (0, 4))
    nothing, a_point = rules(rule("base", Base(PerAmount(1)))), rules(rule("base", Base(Fixed(1))))
    log = Log(published(nothing, a_point, since=(LONG_AGO, day(-30)), tiers=BY_TIER))
    log.tell(second)
    log.tell(first)
    log.publish()
    log.order("p1", 0, day(1))  # lets the second be judged again
    log.give_back("r1", "o0", Decimal(0), on=day(15))
    play = played(log, asked()).plays[ANNA]
    assert play.real.changes == {"shop:o0": [(day(0), "points", 1)], "shop:o4": [(day(4), "points", 1)]}
    assert play.simulated.changes == play.real.changes


@settings(max_examples=150, deadline=None)
@for_all(
    rule_sets(), rule_sets(), st.lists(st.tuples(facts(), st.booleans(), st.integers(-40, 89)), max_size=6), st.data()
)
def test_other_rules_give_what_the_ledger_would_have_decided_by_them(
    made: RuleSet, other: RuleSet, drawn: list[tuple[Fact, bool, int]], data: st.DataObject
) -> None:
    instead = document(other)
    real = Log(published(made))
    lived = Log(published(made, other, since=(LONG_AGO, SINCE)))
    lived.publish()
    those = [
        (structs.replace(fact, event_id=f"o{place}", occurred_at=day(on) + timedelta(minutes=place)), first)
        for place, (fact, first, on) in enumerate(drawn)
    ]
    told = data.draw(st.permutations(those))
    if Rulebook(lived.programme).ever_shares:
        # What happened before the period stays as it was, and so does what it left of the limits that members share.
        told.sort(key=lambda one: one[0].occurred_at >= SINCE)
    for place, (fact, first) in enumerate(told):
        who = ANNA if first else BERT
        back = data.draw(st.sampled_from([None, 1, 3, 4]))
        for log in (real, lived):
            log.tell(fact, who)
            if back:
                part = (fact.amount * back / 4).quantize(Decimal("0.01"))
                log.give_back(f"r{place}", fact.event_id, part, who, day(60))
    result = played(real, asked(document=instead))
    for who, play in result.plays.items():
        account = ACCOUNT.fold(lived.events(who))
        expected = {key: as_judged(one, None) for key, one in account.earnings.judged.items()}
        assert play.simulated.stands == expected
    assert sum(result.tally.simulated.budgets.values()) <= sum(lived.used.values())


TABLE = TierTable((Tier("member", 0), Tier("silver", 150), Tier("gold", 600)), "points")


@settings(max_examples=100, deadline=None)
@for_all(st.lists(st.tuples(facts(), st.booleans(), st.integers(-300, 110)), max_size=8), rule_sets())
def test_an_unchanged_tier_table_moves_everyone_as_they_really_moved(
    drawn: list[tuple[Fact, bool, int]], made: RuleSet
) -> None:
    log = Log(published(made, tiers=TABLE))
    for place, (fact, first, on) in enumerate(drawn):
        named = structs.replace(fact, event_id=f"o{place}", occurred_at=day(on) + timedelta(minutes=place))
        log.tell(named, ANNA if first else BERT)
        if place % 3 == 2:
            log.give_back(f"r{place}", "o1", drawn[1][0].amount / 4, ANNA if drawn[1][1] else BERT, day(30))
    tally = played(log, asked()).tally
    assert tally.real == tally.simulated
    assert sum(tally.real.tiers.values()) == len(log.histories)
