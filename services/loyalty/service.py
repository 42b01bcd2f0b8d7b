"""Loyalty: a ledger that can prove every point."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from services.loyalty import api
from services.loyalty.adapters.tier_rounds import TierRounds
from services.loyalty.contracts.merges import MERGES
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.earning.budget import BUDGET
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.redeeming.standing import REDEMPTION
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.policies.judging import Promised
from services.loyalty.policies.partner_points import PARTNER_POINTS
from services.loyalty.policies.purchases import purchases
from services.loyalty.settings import LoyaltySettings, TermsSettings
from services.loyalty.views.lots_issued import LOTS_ISSUED
from services.loyalty.views.lots_moved import LOTS_MOVED
from services.loyalty.views.members import MEMBERS
from services.loyalty.views.partner_entries import PARTNER_ENTRIES
from services.loyalty.views.partners import PARTNERS
from services.loyalty.views.programmes import PROGRAMMES
from services.loyalty.views.redemptions import REDEMPTIONS
from services.loyalty.views.rewards import REWARDS
from services.loyalty.views.settlements import SETTLEMENTS
from services.loyalty.views.tiers import TIERS
from shared.service import Part, Service, Surroundings
from shared.settings import read


def _parts(at: Surroundings) -> Mapping[str, Part]:
    usual = cast("LoyaltySettings", at.settings).programme
    return {"tier-rounds": TierRounds(at.pool, at.store, usual, at.clock, at.wakeup).run}


def _promised() -> Promised:
    settings = read(TermsSettings)
    return Promised(settings.built_in, settings.programme)


SERVICE = Service(
    name="loyalty",
    title="Loyalty",
    summary="A ledger that can prove every point.",
    settings=LoyaltySettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(
        *(MEMBERS, TIERS, PROGRAMMES, REWARDS, REDEMPTIONS),
        *(LOTS_ISSUED, LOTS_MOVED, PARTNERS, PARTNER_ENTRIES, SETTLEMENTS),
    ),
    views_version=2,
    merges=MERGES,
    deciders=(ACCOUNT, PROGRAMME, BUDGET, PARTNER, ENROLMENT, REWARD, REDEMPTION),
    policies=lambda _: (purchases(_promised()), PARTNER_POINTS),
    routes=(
        api.members.router,
        api.account.router,
        api.why.router,
        api.movements.router,
        api.holds.router,
        api.pending.router,
        api.transfers.router,
        api.adjustments.router,
        api.standing.router,
        api.programmes.router,
        api.tiers.router,
        api.tier_grants.router,
        api.liability.router,
        api.partners.router,
        api.partner_bookings.router,
        api.settlements.router,
        api.rewards.router,
        api.reward_stock.router,
        api.redemptions.router,
        api.codes.router,
    ),
    parts=_parts,
)
