"""The partner's decider: one stream for each partner."""

from services.loyalty.domain.partners.commands import Command
from services.loyalty.domain.partners.decide import decide
from services.loyalty.domain.partners.events import Event
from services.loyalty.domain.partners.evolve import evolve
from services.loyalty.domain.partners.partner import Partner
from shared.decider import Decider

PARTNER: Decider[Command, Event, Partner] = Decider("partner", Partner(), decide, evolve, state=Partner, fold_version=2)
