"""Loyalty: a ledger that can prove every point."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from services.loyalty import api
from services.loyalty.adapters.revising import Revising
from services.loyalty.adapters.run_simulations import Means, RunSimulations
from services.loyalty.adapters.tier_rounds import TierRounds
from services.loyalty.contracts.merges import MERGES
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.earning.budget import BUDGET
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.liability.liability import Assumed
from services.loyalty.domain.liability.of_programme import assumed_by
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.redeeming.standing import REDEMPTION
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.policies.judging import Judging, Promised
from services.loyalty.policies.occasions import occasions
from services.loyalty.policies.partner_points import PARTNER_POINTS
from services.loyalty.policies.purchases import purchases
from services.loyalty.policies.redress import redress
from services.loyalty.policies.segments import segments
from services.loyalty.settings import LoyaltySettings, TermsSettings
from services.loyalty.views.flagged import FLAGGED
from services.loyalty.views.lots_issued import LOTS_ISSUED
from services.loyalty.views.lots_moved import LOTS_MOVED
from services.loyalty.views.members import MEMBERS
from services.loyalty.views.partner_entries import PARTNER_ENTRIES
from services.loyalty.views.partners import PARTNERS
from services.loyalty.views.pools import POOLS
from services.loyalty.views.programmes import PROGRAMMES
from services.loyalty.views.redemptions import REDEMPTIONS
from services.loyalty.views.rewards import REWARDS
from services.loyalty.views.settlements import SETTLEMENTS
from services.loyalty.views.simulations import SIMULATIONS
from services.loyalty.views.tiers import TIERS
from shared.policies.policy import EventPolicy
from shared.service import Part, Service, Surroundings
from shared.settings import KernelSettings, read


def _promised() -> Promised:
    settings = read(TermsSettings)
    return Promised(settings.built_in, settings.programme)


def _policies(_: KernelSettings) -> Sequence[EventPolicy]:
    promised = _promised()
    by_programme = (redress, segments, occasions)
    judges = [policy(Judging(promised)) for policy in by_programme]
    return (purchases(promised), PARTNER_POINTS, *judges)


def _assumed(built_in: Document, programme: Programme) -> Assumed:
    """Return what is assumed of the points of a programme, in its zone."""
    zone = programme.latest.document.zone if programme.latest else built_in.zone
    return assumed_by((Promises(built_in, "", programme),), zone)


def parts(at: Surroundings) -> Mapping[str, Part]:
    """Return the worker's parts: simulations, tier tables that come into force, versions that reach into the past."""
    own, promised = cast("LoyaltySettings", at.settings), _promised()
    means = Means(own.database_url.get_secret_value(), partial(_assumed, own.built_in), own.simulation_processes)
    return {
        "simulations": RunSimulations(at.pool, at.store, means, at.clock, at.wakeup).run,
        "tier-rounds": TierRounds(at.pool, at.store, own.programme, at.clock, at.wakeup).run,
        "revisions": Revising(at.pool, at.store, Judging(promised), at.clock, at.wakeup).run,
    }


SERVICE = Service(
    name="loyalty",
    title="Loyalty",
    summary="A ledger that can prove every point.",
    settings=LoyaltySettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(
        *(MEMBERS, TIERS, PROGRAMMES, REWARDS, REDEMPTIONS),
        *(LOTS_ISSUED, LOTS_MOVED, PARTNERS, PARTNER_ENTRIES, SETTLEMENTS, SIMULATIONS),
        *(POOLS, FLAGGED),
    ),
    views_version=2,
    merges=MERGES,
    deciders=(ACCOUNT, PROFILE, PROGRAMME, BUDGET, PARTNER, ENROLMENT, REWARD, REDEMPTION),
    policies=_policies,
    routes=(
        api.members.router,
        api.account.router,
        api.statements.router,
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
        api.pools.router,
        api.pool_spends.router,
        api.abuse.router,
        api.simulations.router,
    ),
    parts=parts,
)
