"""What a person's own past says of small changes and of increases, for the sheet."""

from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from demand.hints import LARGE, SMALL, increases, small_changes
from demand.models import Line
from demand.selectors.cases import calibration_cases
from masterdata.models import Person
from masterdata.selectors import company

LAST_LAG = 3


def sheet_hints(cycle: Cycle, owner: Person, lines: list[int]) -> dict[str, Any]:
    """`{"small": {"helped", "of", "under"}, "increases": {line: {"of", "lower"}}, "over"}`; empty = nothing to say.

    Small changes are the person's on any line, increases those on the lines of the same customer; both of closed
    months, at lags 0 to 3. `lower` is in whole per cent.
    """
    last = company().last_closed_month
    if last is None:
        return {}
    until = min(cycle.month, add_months(last, 1))
    cases = calibration_cases(Cycle(month=until, horizon=cycle.horizon), owner=owner.pk)
    cases = cases[cases["lag"] <= LAST_LAG]
    small, up = _small(cases), _increases(cases, lines)
    return {"small": small, "increases": up, "over": LARGE} if small or up else {}


def _small(cases: pd.DataFrame) -> dict[str, Any] | None:
    found = small_changes(cases["before"], cases["after"], cases["actual"])
    return {"helped": found.helped, "of": found.of, "under": SMALL} if found else None


def _increases(cases: pd.DataFrame, lines: list[int]) -> dict[int, dict[str, int]]:
    """By line of the sheet, what its customer's increases came to."""
    if cases.empty:
        return {}
    ids = {*lines, *(int(line) for line in np.unique(cases["line"]))}
    customer = dict(Line.objects.filter(pk__in=ids).values_list("pk", "customer_id"))
    groups = cases.groupby(cases["line"].map(customer))
    known = {key: increases(part["before"], part["after"], part["actual"]) for key, part in groups}
    found = ((line, known.get(customer.get(line))) for line in lines)
    return {line: {"of": one.of, "lower": round(one.lower * 100)} for line, one in found if one}
