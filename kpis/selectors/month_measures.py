"""The measures of one closed month, computed from its facts; stored once, when the month has closed."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from cycles.periods import add_months, month_bounds
from kpis.measures import money, service, supply
from kpis.measures.measured import Measured, ratio
from kpis.selectors.month_facts import Facts
from kpis.selectors.supply_kept import TOLERANCE

FORWARD_DAYS = 91  # of the three months ahead
HOLDING_RATE = 0.18 / 12  # of the stock's cost, a month


def month_measures(month: date, facts: Facts) -> dict[str, Measured]:
    """Code -> measure for one closed month; a measure without input is left out, never guessed."""
    first, end = month_bounds(month)
    as_of = end - timedelta(days=1)
    found = _orders(facts.orders, first, as_of) | _sales(facts, month) | _quality(facts, month)
    if "otif_request" in found:
        found |= _past_due(facts.deliveries, as_of)
    return found | _kept(facts, month) | _stock(facts, month, as_of) | _capacity(facts, month)


def _orders(orders: pd.DataFrame, first: date, as_of: date) -> dict[str, Measured]:
    if orders.empty:
        return {}
    requested, promised = orders["requested_on"], orders["promised_on"]
    low, high = pd.Timestamp(first), pd.Timestamp(as_of)
    due = orders[(requested >= low) & (requested <= high)]
    if due.empty:
        return {}
    promised_due = orders[(promised >= low) & (promised <= high)]
    done = orders[(orders["completed_on"] >= low) & (orders["completed_on"] <= high)]
    against = (due["requested_on"], due["completed_on"])
    return {
        "otif_request": service.otif(*against, due["qty"], due["shipped_qty"], as_of=as_of),
        "otif_promise": service.otif(
            promised_due["promised_on"],
            promised_due["completed_on"],
            promised_due["qty"],
            promised_due["shipped_qty"],
            as_of=as_of,
        ),
        "unit_fill_rate": service.unit_fill_rate(due["qty"], due["first_qty"]),
        "line_fill": service.line_fill(due["qty"], due["first_qty"]),
        "delay_median": service.delay_median(*against, as_of=as_of),
        "delay_p90": service.delay_p90(*against, as_of=as_of),
        "order_cycle_time": service.order_cycle_time(done["ordered_on"], done["completed_on"]),
    }


def _past_due(deliveries: pd.DataFrame, as_of: date) -> dict[str, Measured]:
    """The backlog past due as it stood on the day: what was delivered later was still open then."""
    known = deliveries[deliveries["ordered_on"] <= pd.Timestamp(as_of)]
    shipped = known["shipped_on"].mask(known["shipped_on"] > pd.Timestamp(as_of))
    return {
        "past_due_units": service.past_due(known["requested_on"], shipped, known["qty"], as_of=as_of),
        "past_due_money": service.past_due(known["requested_on"], shipped, known["revenue"], as_of=as_of),
    }


def _sales(facts: Facts, month: date) -> dict[str, Measured]:
    rows = facts.sold[facts.sold["month"] == month]
    budget = _budgeted(facts.budget[facts.budget["month"] == month])
    if rows.empty:
        return {} if budget is None else {"gap_to_budget": Measured(-budget, 0)}
    n = int(rows["n"].sum())
    units, sold = float(rows["units"].sum()), float(rows["money"].sum())
    spent = float(rows["cost"].sum(skipna=False))
    found = {
        "units_sold": Measured(units, n),
        "revenue": Measured(sold, n),
        "cost_of_sales": Measured(spent, n),
        "margin": Measured(sold - spent, n),
        "margin_share": Measured((sold - spent) / sold if sold > 0 else np.nan, n, sold - spent, sold),
    }
    return found | ({} if budget is None else {"gap_to_budget": Measured(sold - budget, n)})


def _budgeted(rows: pd.DataFrame) -> float | None:
    """A month's budget: the reps' where it is by rep, else the families', so that it counts once; None without one."""
    by_rep, by_family = rows[rows["rep"].notna()], rows[rows["family"].notna()]
    chosen = by_family if by_rep.empty else by_rep
    return None if chosen.empty else float(chosen["money"].sum())


def _quality(facts: Facts, month: date) -> dict[str, Measured]:
    rows = facts.quality[facts.quality["month"] == month]
    if rows.empty:
        return {}
    found = {"satisfaction": service.satisfaction(rows["satisfaction"])}
    shipped = float(facts.shipped.loc[facts.shipped["month"] == month, "units"].sum())
    if shipped:
        for code, column in (("return_rate", "returned"), ("complaint_rate", "complaints")):
            found[code] = ratio(float(rows[column].sum()), shipped, len(rows))
    return found


def _kept(facts: Facts, month: date) -> dict[str, Measured]:
    """Supply's own word of the month before against what came: attainment over products, adherence over families."""
    rows = facts.kept[facts.kept["month"] == month]
    if rows.empty:
        return {}
    by_family = rows.groupby("family")[["plan", "actual"]].sum()
    return {
        "plan_attainment": supply.plan_attainment(rows["actual"], rows["plan"]),
        "plan_performance": supply.plan_performance(by_family["actual"], by_family["plan"], TOLERANCE),
    }


def _stock(facts: Facts, month: date, as_of: date) -> dict[str, Measured]:
    rows = facts.stock[facts.stock["as_of"] == as_of]
    if rows.empty:
        return {}
    found = {
        "holding_cost": Measured(money.holding_cost(rows["on_hand"], rows["cost"], HOLDING_RATE), len(rows)),
        "inventory_turns": _turns(facts, month),
        "below_safety": _below_safety(rows),
    }
    ahead = facts.expected.loc[facts.expected["month"] == add_months(month, 1), "units"]
    if not ahead.empty:
        found["days_of_supply"] = supply.days_of_supply(rows["on_hand"], ahead, FORWARD_DAYS)
    return found


def _below_safety(rows: pd.DataFrame) -> Measured:
    """Only products that have a safety stock can be below it."""
    kept = rows[rows["safety"] > 0]
    return supply.below_safety_share(kept["on_hand"], kept["safety"])


def _turns(facts: Facts, month: date) -> Measured:
    """Twelve months' cost of sales over the average of the month ends known since a year ago."""
    months = [add_months(month, i - 11) for i in range(12)]
    spent = _sums(facts.sold["cost"], facts.sold["month"]).reindex(months)
    if spent.isna().any():
        return Measured(np.nan, int(spent.notna().sum()))
    stock = facts.stock[facts.stock["as_of"] >= months[0] - timedelta(days=1)]
    stock = stock[stock["as_of"] < add_months(month, 1)]
    ends = _sums(stock["on_hand"] * stock["cost"], stock["as_of"])
    return supply.inventory_turns(spent.to_numpy(), ends.to_numpy())


def _sums(values: pd.Series, by: pd.Series) -> pd.Series:
    """Sums per group; NaN where a part is unknown, never a smaller sum."""
    return values.groupby(by).sum().mask(values.isna().groupby(by).any())


def _capacity(facts: Facts, month: date) -> dict[str, Measured]:
    """Hours that the month's bookings needed against regular capacity."""
    rows = facts.sold[facts.sold["month"] == month]
    if rows.empty or not any(facts.hours.values()):
        return {}
    load = float((rows["units"] * rows["product"].map(facts.hours).fillna(0.0)).sum())
    used = supply.capacity_utilisation(load, facts.regular.get(month, 0.0))
    return {"capacity_utilisation": replace(used, n=facts.resources)}
