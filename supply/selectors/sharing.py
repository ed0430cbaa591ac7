"""What the allocation rules go by: who is served first, what was committed before, and why one got less."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from django.db.models import FloatField, Sum, Value
from django.db.models.functions import Cast, Coalesce
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import add_months
from demand.matrices import Matrix, Plan
from demand.models import Booking, ForecastVersion, Stage
from demand.selectors.versions import version_current, version_plan
from masterdata.models import Customer
from supply.allocation import Rule
from supply.customer_classes import LAST_CLASS, ClassParts, customer_classes

RULES = {
    Rule.FAIR_SHARE: ("Fair share", "Every customer gets the same share of what they wait for."),
    Rule.PRIORITY: (
        "Customers by class",
        "Customers of class 1 come first, then class 2, then class 3. A customer without a class in customers.csv has "
        "one by what they bought: those who together bought half of the last twelve months' value are class 1, the "
        "next 30 % class 2.",
    ),
    Rule.MARGIN: ("Highest margin first", "Lines with the most margin per unit come first."),
    Rule.COMMITTED: (
        "Committed first",
        "What last month's plan committed comes first; what is asked for beyond it shares the rest alike.",
    ),
}


def rule_vectors(cycle: Cycle, lines: pd.DataFrame, rule: Rule) -> dict[str, Matrix]:
    """What a rule needs to know of every line; nothing for the fair share."""
    if rule is Rule.MARGIN:
        return {"margin": (lines["price"] - lines["unit_cost"]).to_numpy()}
    if rule is Rule.PRIORITY:
        return {"priority": line_classes(cycle, lines).astype(float)}
    if rule is Rule.COMMITTED:
        return {"promised": promised_before(cycle, lines.index.to_numpy(dtype=np.int64))}
    return {}


def classes_of(cycle: Cycle, customers: NDArray[np.int64]) -> Mapping[int, int]:
    """The class of each planning customer: the one imported, else by what everybody bought in the twelve months
    before the cycle."""
    revenue = (
        Booking.objects.filter(month__gte=add_months(cycle.month, -12), month__lt=cycle.month)
        .values_list(Coalesce("customer__plan_as", "customer"))
        .annotate(number=Sum("revenue"), said=Value(False))
    )
    numbered = Customer.objects.filter(priority__isnull=False).order_by()
    classes = numbered.annotate(number=Cast("priority", FloatField()), said=Value(True))
    found = list(revenue.union(classes.values_list("pk", "number", "said"), all=True))
    bought, given = ({key: number for key, number, said in found if said is kind} for kind in (False, True))
    ids = sorted({*bought, *customers.tolist()})
    by_value = customer_classes([bought.get(customer, 0.0) for customer in ids])
    return {customer: int(given.get(customer) or number) for customer, number in zip(ids, by_value, strict=True)}


def line_classes(cycle: Cycle, lines: pd.DataFrame) -> NDArray[np.int64]:
    """(lines,) the class of each line's customer."""
    customers = lines["customer_id"].to_numpy(dtype=np.int64)
    known = classes_of(cycle, customers)
    return np.array([known[customer] for customer in customers.tolist()], dtype=np.int64)


def class_parts(
    cycle: Cycle, demand: Plan, lines: pd.DataFrame, rows: NDArray[np.int64], waiting: pd.DataFrame, products: int
) -> ClassParts | None:
    """What the customers of each class ask for and wait for; None without lines.

    Whoever waits without having a line in the plan is in the last class.
    """
    if not len(lines):
        return None
    known = classes_of(cycle, lines["customer_id"].to_numpy(dtype=np.int64))
    of_line = np.array([known[customer] for customer in lines["customer_id"].tolist()], dtype=np.int64)
    of_waiting = np.array([known.get(customer, LAST_CLASS) for customer in waiting["customer"]], dtype=np.int64)
    classes = np.unique([*of_line, *of_waiting])
    parts = np.zeros((len(classes), products, demand.months))
    owed = np.zeros(parts.shape[:2])
    np.add.at(parts, (np.searchsorted(classes, of_line), rows), demand.quantity)
    np.add.at(owed, (np.searchsorted(classes, of_waiting), waiting["row"].to_numpy()), waiting["qty"].to_numpy())
    return ClassParts(tuple(int(number) for number in classes), parts, np.maximum(owed, 0.0))


def promised_before(cycle: Cycle, lines: NDArray[np.int64]) -> Matrix:
    """(lines, months) what the supply plan of the month before committed to each line; none where there is no such
    plan, and in months beyond it."""
    promised = np.zeros((len(lines), cycle.horizon))
    before = Cycle.objects.filter(month=add_months(cycle.month, -1)).first()
    version = version_current(before, Stage.SUPPLY_PLAN) if before is not None else None
    if version is None:
        return promised
    earlier = version_plan(version, lines).quantity[:, 1 : cycle.horizon + 1]
    promised[:, : earlier.shape[1]] = np.maximum(earlier, 0.0)
    return promised


def why_less(cycle: Cycle, version: ForecastVersion, customer: int) -> str:
    """Why a customer got less than asked in a supply plan: the rule it is shared by, and the customer's class."""
    number = classes_of(cycle, np.array([customer]))[customer]
    return shared_reason(Rule(version.rule or Rule.FAIR_SHARE), number)


def shared_reason(rule: Rule, number: int) -> str:
    """Why a customer of class `number` got less than asked, in a sentence."""
    if rule is Rule.PRIORITY:
        after = {1: "served first", 2: "served after class 1"}.get(number, "served after classes 1 and 2")
        return f"Shared by the rule “{RULES[rule][0]}”: class {number}, {after}."
    how = {
        Rule.FAIR_SHARE: "everybody gets the same share, whatever their class",
        Rule.MARGIN: "units with more margin come first",
        Rule.COMMITTED: "what last month's plan committed comes first",
    }[rule]
    return f"Shared by the rule “{RULES[rule][0]}”: {how} (class {number})."
