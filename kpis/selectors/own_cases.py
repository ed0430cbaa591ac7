"""A person's own changes whose months have closed, with everything that is told about them."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.models import CycleLine, Reason, Stage
from demand.selectors.cases import calibration_cases
from demand.selectors.stages import StageNumbers, stage_numbers
from masterdata.models import Person

LAGS = (0, 1, 2, 3)
FACTS = {
    "cycle__month": "cycle",
    "line_id": "line",
    "price": "price",
    "cycle__simulated": "simulated",
    "line__customer__name": "customer",
    "line__product__name": "product",
}


def own_cases(owner: Person, until: date) -> pd.DataFrame:
    """Changed cells at lags 0 to 3 of the person's lines in months before `until`, oldest cycle first.

    Columns of `demand.selectors.cases`, and: price (currency per unit), simulated, customer and product (names),
    final (the company forecast), note (the words given), reason_words, removed (units of error, - = added), money.
    """
    cases = calibration_cases(Cycle(month=until, horizon=24), owner=owner.pk)
    cases = cases[cases["lag"].isin(LAGS)].reset_index(drop=True)
    if cases.empty:
        return cases
    lines, months = np.unique(cases["line"].to_numpy(dtype=np.int64)), sorted(set(cases["cycle"]))
    numbers = stage_numbers(months, lines, (Stage.COMPANY_FORECAST, Stage.DEMAND_PLAN))
    rows = cases.to_dict("records")
    cases["final"] = [_final(numbers, row) for row in rows]
    cases["note"] = [_note(numbers, row) for row in rows]
    return _priced(cases.merge(_facts(months, lines.tolist()), on=["cycle", "line"]))


def _facts(months: list[date], lines: list[int]) -> pd.DataFrame:
    rows = CycleLine.objects.filter(cycle__month__in=months, line_id__in=lines)
    return pd.DataFrame.from_records(rows.values_list(*FACTS), columns=list(FACTS.values()))


def _priced(cases: pd.DataFrame) -> pd.DataFrame:
    reasons = dict(Reason.choices)
    removed = (cases["before"] - cases["actual"]).abs() - (cases["after"] - cases["actual"]).abs()
    return cases.assign(
        removed=removed,
        money=removed * cases["price"].astype(float),
        reason_words=[str(reasons.get(reason, "no reason given")) for reason in cases["reason"]],
    )


def _final(numbers: StageNumbers, case: dict[str, Any]) -> float:
    """The company forecast of the cell; the demand plan, then the rep's own number, where there is none."""
    for stage in (Stage.COMPANY_FORECAST, Stage.DEMAND_PLAN):
        plan = numbers.finished.get((case["cycle"], stage))
        if plan is not None:
            return float(plan.quantity[np.searchsorted(plan.lines, case["line"]), int(case["lag"])])
    return float(case["after"])


def _note(numbers: StageNumbers, case: dict[str, Any]) -> str:
    said = numbers.notes.get((case["cycle"], Stage.SALES), {}).get(case["line"])
    return said.note if said else ""
