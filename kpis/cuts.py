"""What a measure can be taken apart by, and why not by the rest."""

from typing import Final

from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Family, Subject

FAMILY: Final = "family"
GROUP: Final = "group"
REGION: Final = "region"
CUSTOMER: Final = "customer"
REP: Final = "rep"
LEVELS: Final = {
    FAMILY: "Families",
    GROUP: "Groups",
    REGION: "Regions",
    CUSTOMER: "Customers",
    REP: "Reps",
}
OF_CUSTOMERS: Final = (REGION, CUSTOMER, REP)
# product.md P10: margin below the company, a group or a family is for those who see costs
PRIVATE_OF_CUSTOMERS: Final = frozenset({"cost_of_sales", "margin", "margin_share"})
# forecast measures that pool from stored sums of errors
POOLED: Final = frozenset({"wape", "accuracy", "bias", "fva", "tracking_signal"})
CELLWISE: Final = "It is a mean over single cells and cannot be added up from stored sums."
WHERE: Final = {
    "mape": f"{CELLWISE} WAPE weighs the same errors by their size.",
    "smape": "It is only for the published benchmarks.",
    "mase": f"{CELLWISE} Each line's is told where its baseline is explained.",
    "hit_rate": "It is told of reasons and directions, and to each person of the own changes.",
    "call_calibration": "It is told to each person of the own calls.",
    "brier": "It is told to the demand planner by family, on the accuracy page.",
    "plan_stability": "It compares two versions; the published forecast tells what changed.",
}
STOCK_ONLY: Final = "Stock is kept for everybody: it belongs to no {level}."
SHARED: Final = "Resources are shared: no {level} has a capacity of its own."
OWN_PLAN: Final = "Supply promises products: a {level} has no plan of its own."
BY_FAMILY: Final = "Returns, complaints and scores come in by family, not by {level}."
PRIVATE: Final = "Every {level} is one person's, whose own results only that person and the manager see."
BUDGETS: Final = "The budget names reps or families, no {level}."
WHOLE: Final = "It is about the cycle, which is the same for every {level}."


def why_not(code: str, level: str) -> str:
    """Why a measure is not told by a level, in a sentence; empty where it is."""
    pattern = _reason(code, level)
    return pattern.format(level=level) if pattern else ""


def _reason(code: str, level: str) -> str:
    measure = CATALOGUE[code]
    if measure.subject is Subject.PROCESS:
        return WHOLE
    if measure.subject is Subject.FORECAST:
        return WHERE.get(code, "") or (PRIVATE if level in (CUSTOMER, REP) else "")
    if code == "capacity_utilisation":
        return SHARED
    if code == "gap_to_budget":
        return BUDGETS if level in (GROUP, REGION, CUSTOMER) else ""
    if level not in OF_CUSTOMERS:
        return ""
    if measure.family is Family.QUALITY:
        return BY_FAMILY
    if code in ("plan_attainment", "plan_performance"):
        return OWN_PLAN
    is_stock = code in ("days_of_supply", "inventory_turns", "below_safety", "holding_cost")
    return STOCK_ONLY if is_stock else ""


def untold_of(level: str) -> frozenset[str]:
    """Measures of the dashboard that a level does not have."""
    return frozenset(code for code, measure in CATALOGUE.items() if measure.family and why_not(code, level))
