"""What a rep's input did: private to the rep and the managers above."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import CycleLine, Stage
from demand.selectors.cases import calibration_cases
from demand.selectors.people import managers_above
from demand.selectors.versions import version_current, version_plan
from jobs.errors import NotYours
from kpis.feedback import Effect, bias_sentence, effect_of_changes, error_sentence, survival_sentence
from kpis.selectors.accuracy import closed_before
from masterdata.models import Person
from masterdata.roles import SALES_ROLES
from masterdata.selectors import company

LAGS = (0, 1, 2, 3)


@dataclass(frozen=True)
class Feedback:
    """Sentences about the last closed month and about all known cases; `rows` are the biggest effects."""

    person: Person
    month: date | None
    sentences: list[str]
    rows: list[dict[str, Any]]
    simulated: bool


def check_may_see(viewer: Person, owner: Person) -> None:
    """A track record is seen by its owner and the managers above; anybody else is told so."""
    if viewer.pk != owner.pk and viewer.pk not in managers_above(owner):
        raise NotYours("A track record is seen only by its owner and the managers above.")


def feedback(viewer: Person, owner: Person) -> Feedback:
    check_may_see(viewer, owner)
    until = closed_before()
    month = add_months(until, -1) if until else None
    if owner.role not in SALES_ROLES or until is None or month is None:
        return Feedback(owner, month, [], [], False)
    cases = _cases(owner, until)
    if cases.empty:
        text = f"You changed nothing that has come in yet. The first result after {month:%B} closes."
        return Feedback(owner, month, [text], [], False)
    last = cases[cases["month"] == month]
    currency = company().currency
    whole = _effect(cases)
    sentences = [error_sentence(_effect(last), f"{month:%B %Y}", currency), bias_sentence(whole.bias)]
    if not last.empty:
        sentences.insert(1, survival_sentence(_effect(last).survived))
    return Feedback(owner, month, sentences, _largest(last), bool(last["simulated"].any()))


def _cases(owner: Person, until: date) -> pd.DataFrame:
    """The owner's changed cells at lags 0 to 3 with price, actual, and what the company forecast made of them."""
    cases = calibration_cases(Cycle(month=until, horizon=24))
    cases = cases[(cases["rep"] == owner.pk) & cases["lag"].isin(LAGS)].copy()
    if cases.empty:
        return cases
    cases["final"], cases["price"], cases["simulated"] = np.nan, 0.0, False
    for month, part in cases.groupby("cycle"):
        cycle = Cycle.objects.get(month=month)
        lines = np.unique(part["line"].to_numpy(dtype=np.int64))
        version = version_current(cycle, Stage.COMPANY_FORECAST) or version_current(cycle, Stage.DEMAND_PLAN)
        if version is not None:
            plan = version_plan(version, lines).quantity
            rows = np.searchsorted(lines, part["line"].to_numpy())
            cases.loc[part.index, "final"] = plan[rows, part["lag"].to_numpy(dtype=int)]
        prices = dict(CycleLine.objects.filter(cycle=cycle, line_id__in=lines.tolist()).values_list("line_id", "price"))
        cases.loc[part.index, "price"] = part["line"].map(prices).fillna(0.0)
        cases.loc[part.index, "simulated"] = cycle.simulated
    cases["final"] = cases["final"].fillna(cases["after"])
    return cases


def _effect(cases: pd.DataFrame) -> Effect:
    columns = (cases[name].to_numpy(dtype=float) for name in ("before", "after", "final", "actual", "price"))
    return effect_of_changes(*columns)


def _largest(cases: pd.DataFrame, most: int = 5) -> list[dict[str, Any]]:
    """The changes with the largest effect on the error, good and bad alike, with the line's names."""
    if cases.empty:
        return []
    removed = (cases["before"] - cases["actual"]).abs() - (cases["after"] - cases["actual"]).abs()
    top = cases.assign(removed=removed, money=removed * cases["price"])
    top = top.reindex(top["money"].abs().sort_values(ascending=False).index).head(most)
    names = {
        row.line_id: (row.line.customer.name, row.line.product.name)
        for row in CycleLine.objects.filter(line_id__in=top["line"].tolist()).select_related(
            "line__customer", "line__product"
        )
    }
    return [row | {"names": names.get(row["line"], ("", ""))} for row in top.to_dict("records")]
