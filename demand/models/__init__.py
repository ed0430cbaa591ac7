"""What is sold, what was forecast, and who changed it."""

from demand.models.calls import Assumption, AssumptionCheck, Call, Comment, OrderCall, SaidTo
from demand.models.certainty import Certainty
from demand.models.entries import Change, LayerLine, Origin, Reason, SaveToken, TeamReview
from demand.models.events import Event, EventKind, EventShape
from demand.models.facts import (
    Booking,
    Budget,
    Opportunity,
    OrderLine,
    PastCall,
    PastSubmission,
    SalesInput,
    Shipment,
)
from demand.models.goals import GoalAnswer, TeamGoal
from demand.models.own_past import OwnPast
from demand.models.review import SettledLine, Settlement, Source
from demand.models.rules import ProposalNote, RuleChoice
from demand.models.seals import ChangeSeal
from demand.models.stock_outs import StockOut
from demand.models.versions import CycleLine, ForecastLine, ForecastVersion, Line, Stage, VersionState

__all__ = [
    "Assumption",
    "AssumptionCheck",
    "Booking",
    "Budget",
    "Call",
    "Certainty",
    "Change",
    "ChangeSeal",
    "Comment",
    "CycleLine",
    "Event",
    "EventKind",
    "EventShape",
    "ForecastLine",
    "ForecastVersion",
    "GoalAnswer",
    "LayerLine",
    "Line",
    "Opportunity",
    "OrderCall",
    "OrderLine",
    "Origin",
    "OwnPast",
    "PastCall",
    "PastSubmission",
    "ProposalNote",
    "Reason",
    "RuleChoice",
    "SaidTo",
    "SalesInput",
    "SaveToken",
    "SettledLine",
    "Settlement",
    "Shipment",
    "Source",
    "Stage",
    "StockOut",
    "TeamGoal",
    "TeamReview",
    "VersionState",
]
