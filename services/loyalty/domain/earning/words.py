"""A judgement in words: the sentence of the rule that gave points, and how a fact's points came about."""

from decimal import Decimal

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.rules.explain import explained, said_of_benefit, sentence
from services.loyalty.domain.rules.language import TIER_BENEFIT


def sentence_of(document: Document, rule_id: str, points_currency: str, tier: str) -> str:
    """Return what a rule of the version says; of a tier's multiplier, what it does for members of the tier."""
    if rule_id == TIER_BENEFIT:
        return f"for {tier}: {said_of_benefit(multiplier_of(document, tier), points_currency)}"
    return next((sentence(rule) for rule in document.earning.rules if rule.id == rule_id), rule_id)


def trace_of(document: Document, judged: Judged) -> list[str]:
    """Return, line by line, what is left of a fact's points, and by what: `document` is of the version it names."""
    return explained(document.earning, judged.left, multiplier_of(document, judged.member.tier))


def multiplier_of(document: Document, tier: str) -> Decimal:
    """Return what the version multiplies the base by for members of the tier."""
    tiers = document.tiers.tiers if document.tiers else ()
    return next((one.benefits.multiplier for one in tiers if one.name == tier), Decimal(1))
