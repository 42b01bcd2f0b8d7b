"""What each effect on a fact still stands for, after returns: points of an effect never grow by a return."""

from collections import Counter

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.rules.trace import Grant

Standing = list[tuple[Grant, int]]
"""Effects in their order, and the points that each stands for."""


def standing(judged: Judged) -> Standing:
    """Return what each effect stands for: what it was granted, less what returns took, from the last effect first.

    What is left of a currency in all is what the rules give for what is left of
    the fact. Of which effect it is doesn't depend on how many returns there were.
    """
    if judged.reduced is None:
        return [(grant, grant.granted) for grant in judged.trace.grants]
    gone = Counter({currency: judged.trace.granted(currency) for currency in judged.trace.currencies()})
    gone.subtract({currency: judged.left.granted(currency) for currency in judged.left.currencies()})
    found: Standing = []
    for grant in reversed(judged.trace.grants):
        taken = min(grant.granted, gone[grant.points_currency])
        gone[grant.points_currency] -= taken
        found.append((grant, grant.granted - taken))
    return found[::-1]
