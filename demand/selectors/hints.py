"""What a person's own past says of small changes and of increases: worked out per cycle, read by the sheet."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import Max

from cycles.models import Cycle
from cycles.periods import add_months
from demand.hints import LARGE, SMALL, increases, small_changes
from demand.models import CycleLine, LayerLine, Line, OwnPast, Stage
from demand.selectors.cases import calibration_cases
from masterdata.models import ImportRun
from masterdata.selectors import company

LAST_LAG = 3


def sheet_hints(small: Mapping[str, Any], increases: Mapping[str, Any], customers: Mapping[int, str]) -> dict[str, Any]:
    """`{"small": {"helped", "of", "under"}, "increases": {line: {"of", "lower"}}, "over"}`; empty = nothing to say.

    `small` and `increases` are those of the owner's `OwnPast`; `customers` names the customer (code) of every line of
    the sheet. Small changes are the person's on any line, increases those on the lines of the same customer. `lower`
    is in whole per cent.
    """
    up = {line: increases[code] for line, code in customers.items() if code in increases}
    return {"small": small or None, "increases": up, "over": LARGE} if small or up else {}


def own_pasts(cycle: Cycle) -> list[OwnPast]:
    """What the closed months say of every owner's changes, not stored yet; at lags 0 to 3 of earlier cycles."""
    owners = CycleLine.objects.filter(cycle=cycle, owner__isnull=False).order_by("owner").distinct("owner")
    basis, cases = own_past_basis(cycle), _cases(cycle)
    by_owner = dict(iter(cases.groupby("rep")))
    return [
        _past(cycle, owner, by_owner.get(owner, cases.iloc[:0]), basis)
        for owner in owners.values_list("owner", flat=True)
    ]


def own_past_basis(cycle: Cycle) -> str:
    """What has to change before an owner's past can: the closed month, imports, or the replay of a past cycle."""
    last, run = company().last_closed_month, ImportRun.objects.aggregate(newest=Max("pk"))["newest"]
    layers = LayerLine.objects.filter(stage=Stage.SALES, cycle__month__lt=cycle.month)
    return f"{last}:{run}:{layers.aggregate(newest=Max('pk'))['newest']}"


def own_past_stale(cycle: Cycle) -> bool:
    """Whether an owner has no hints of the facts as they are now."""
    made = OwnPast.objects.filter(cycle=cycle, basis=own_past_basis(cycle)).values("owner")
    return CycleLine.objects.filter(cycle=cycle, owner__isnull=False).exclude(owner__in=made).exists()


def _cases(cycle: Cycle) -> pd.DataFrame:
    """The changed cells of closed months with the code of their customer."""
    last = company().last_closed_month
    until = min(cycle.month, add_months(last, 1)) if last else cycle.month
    cases = calibration_cases(Cycle(month=until, horizon=cycle.horizon))
    cases = cases[cases["lag"] <= LAST_LAG] if last else cases.iloc[:0]
    ids = [int(line) for line in np.unique(cases["line"])]
    codes = dict(Line.objects.filter(pk__in=ids).values_list("pk", "customer__code"))
    return cases.assign(customer=cases["line"].map(codes))


def _past(cycle: Cycle, owner: int, cases: pd.DataFrame, basis: str) -> OwnPast:
    groups = cases.groupby("customer")
    found = {str(key): increases(part["before"], part["after"], part["actual"]) for key, part in groups}
    up = {key: {"of": one.of, "lower": round(one.lower * 100)} for key, one in found.items() if one}
    return OwnPast(cycle=cycle, owner_id=owner, small=_small(cases), increases=up, basis=basis)


def _small(cases: pd.DataFrame) -> dict[str, Any]:
    found = small_changes(cases["before"], cases["after"], cases["actual"])
    return {"helped": found.helped, "of": found.of, "under": SMALL} if found else {}
