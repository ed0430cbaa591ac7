"""WE review: the ladder of the stages, lag by lag, bias by month and family, what hit and what missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Stage
from kpis.errors import pooled
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Measure
from kpis.selectors.accuracy import DEFAULT_LAGS, LEVELS, closed_before, ladder, stored_sums
from masterdata.models import Family

SPOKEN = {Stage.SALES: "Sales", Stage.EVENTS: "Events"}
LAG_STAGES = (Stage.NAIVE, Stage.BASELINE, Stage.SALES, Stage.DEMAND_PLAN, Stage.COMPANY_FORECAST)
LAGS_SHOWN = range(12)
BIAS_MONTHS = 12
TOLERANCE = 0.10
MOST = 5


@dataclass(frozen=True)
class FamilyResult:
    """One family's last closed month as the cycle a month before saw it, in units."""

    family: str
    forecast: float
    actual: float

    @property
    def error(self) -> float:
        return self.forecast - self.actual

    @property
    def share(self) -> float | None:
        return self.error / self.actual * 100 if self.actual else None


@dataclass(frozen=True)
class AccuracyPage:
    """`simulated` counts the replayed cycles behind the figures, `cycles` all of them."""

    level: str
    levels: tuple[str, ...]
    lag: int | None
    ladder: list[dict[str, Any]]
    stair: dict[str, Any] | None
    lag_stages: list[str]
    lags: list[dict[str, Any]]
    bias: dict[str, Any] | None
    tolerance: dict[str, Any] | None
    families: list[dict[str, Any]]
    measures: list[Measure]
    cycles: int
    simulated: int


def accuracy_page(level: str, lag: int | None) -> AccuracyPage:
    """Everything from stored sums; empty before the first month has closed. Without `lag`, lags 0 to 3 pooled."""
    rows = stored_sums(level=level)
    lags = DEFAULT_LAGS if lag is None else (lag,)
    steps = [] if rows.empty else ladder(rows[rows["lag"].isin(lags)])
    seen = [] if rows.empty else list(rows["cycle"].unique())
    return AccuracyPage(
        level=level,
        levels=LEVELS,
        lag=lag,
        ladder=[_rung(step) for step in steps],
        stair=stair_data(steps),
        lag_stages=[stage.label for stage in LAG_STAGES],
        lags=_by_lag(rows),
        bias=bias_data(rows, "All families"),
        tolerance=tolerance_data(),
        families=_families(level, lags),
        measures=[CATALOGUE[code] for code in ("wape", "accuracy", "bias", "fva")],
        cycles=len(seen),
        simulated=Cycle.objects.filter(month__in=seen, simulated=True).count(),
    )


def _rung(step: dict[str, Any]) -> dict[str, Any]:
    """Accuracy never stands without its WAPE: clipping hides errors above 100 %."""
    wape = step["wape"]
    return step | {"label": Stage(step["stage"]).label, "accuracy": None if wape is None else max(0.0, 1 - wape)}


def stair_data(steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The arguments of the chart tag `stair`, up to the demand plan: what comes after is supply's constraint."""
    shown = [step for step in steps if step["stage"] not in (Stage.SUPPLY_PLAN, Stage.COMPANY_FORECAST)]
    if not shown:
        return None
    stages = [{"label": Stage(step["stage"]).label, "wape": step["wape"]} for step in shown]
    return {"stages": stages, "measure": "WAPE by stage", "unit": "%", "message": stair_message(shown)}


def stair_message(steps: list[dict[str, Any]]) -> str:
    """Which of the steps shown took most of the error away, and which added to it, in one sentence."""
    known = [step for step in steps if step["wape"] is not None]
    gains = [(Stage(b["stage"]), (a["wape"] - b["wape"]) * 100) for a, b in pairwise(known)]
    if not gains:
        return "No stage can be compared yet."
    (best, gain), (worst, harm) = max(gains, key=lambda g: g[1]), min(gains, key=lambda g: g[1])
    told = f"{SPOKEN.get(best, best.label)} helped most: {gain:.1f} points of error less"
    if gain <= 0:
        told = "No stage took error away"
    if harm <= -0.05:
        told += f"; {SPOKEN.get(worst, worst.label).lower()} added {abs(harm):.1f}"
    return f"{told}."


def _by_lag(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """WAPE of the main stages at each lag, with the cells behind it."""
    if rows.empty:
        return []
    table = pooled(rows[rows["stage"].isin([s.value for s in LAG_STAGES])], ["lag", "stage"])
    wide = table.pivot_table(index="lag", columns="stage", values="wape").sort_index()
    cells = table.groupby("lag")["n"].max()
    return [
        {"lag": int(lag), "n": int(cells[lag]), "values": [_known(row.get(stage.value)) for stage in LAG_STAGES]}
        for lag, row in zip(wide.index, wide.to_dict("records"), strict=True)
    ]


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def bias_data(rows: pd.DataFrame, who: str) -> dict[str, Any] | None:
    """Bias of the company forecast at lag 1, by month."""
    if rows.empty:
        return None
    part = rows[(rows["stage"] == Stage.COMPANY_FORECAST.value) & (rows["lag"] == 1)]
    if part.empty:
        return None
    table = pooled(part, ["month"]).sort_values("month").tail(BIAS_MONTHS)
    mean = table["signed_error"].sum() / table["actual"].sum() if table["actual"].sum() else 0.0
    side = "too high" if mean > 0 else "too low"
    message = f"The company forecast was {abs(mean):.0%} {side} over {len(table)} months, a month ahead."
    values = [None if pd.isna(b) else float(b) for b in table["bias"]]
    return {"months": table["month"].tolist(), "bias": values, "message": message, "who": who, "measure": "Bias"}


def tolerance_data() -> dict[str, Any] | None:
    """Family × month: bookings against the company forecast of a month before."""
    part = stored_sums(level="family", key=None, stages=[Stage.COMPANY_FORECAST], lags=[1])
    if part.empty:
        return None
    names = dict(Family.objects.values_list("code", "name"))
    largest = part.groupby("key")["actual"].sum().sort_values(ascending=False).index[:10]
    months = sorted(part["month"].unique())[-BIAS_MONTHS:]
    cells = {(row.key, row.month): _deviation(row) for row in part.itertuples()}
    inside = [v for v in (cells.get((f, m)) for f in largest for m in months) if v is not None]
    share = sum(abs(v) <= TOLERANCE for v in inside) / len(inside) if inside else 0.0
    return {
        "months": months,
        "families": [names.get(code, code) for code in largest],
        "deviations": [[cells.get((code, month)) for month in months] for code in largest],
        "tolerance": TOLERANCE,
        "message": f"{share:.0%} of the family-months were within ±{TOLERANCE:.0%}.",
        "measure": "Bookings against last month's company forecast",
    }


def _deviation(row: Any) -> float | None:
    forecast = row.actual + row.signed_error
    return -row.signed_error / forecast if forecast else None


def _families(level: str, lags: Sequence[int]) -> list[dict[str, Any]]:
    """Baseline against demand plan by family; by size, no ranking of people anywhere."""
    compared = (Stage.BASELINE, Stage.DEMAND_PLAN)
    rows = stored_sums(level="product" if level == "company" else level, key=None, stages=compared, lags=lags)
    if rows.empty:
        return []
    table = pooled(rows, ["key", "stage"])
    names = dict(Family.objects.values_list("code", "name"))
    found = []
    for code, group in table.groupby("key"):
        by = group.set_index("stage")
        if {Stage.DEMAND_PLAN.value, Stage.BASELINE.value} <= set(by.index) and by["actual"].max() > 0:
            base, plan = by.loc[Stage.BASELINE.value], by.loc[Stage.DEMAND_PLAN.value]
            row = {
                "name": names.get(str(code), code),
                "code": code,
                "actual": float(plan["actual"]),
                "n": int(plan["n"]),
            }
            row |= {"bias": _known(plan["bias"]), "baseline": _known(base["wape"]), "plan": _known(plan["wape"])}
            found.append(row | {"gain": _known(base["wape"] - plan["wape"])})
    return sorted(found, key=lambda row: -row["actual"])


def last_month_results() -> tuple[date | None, list[FamilyResult]]:
    """The last closed month by family against the company forecast of a month before."""
    until = closed_before()
    month = add_months(until, -1) if until else None
    if month is None:
        return None, []
    stages = [Stage.COMPANY_FORECAST]
    rows = stored_sums(level="family", key=None, first=add_months(month, -1), last=month, stages=stages)
    part = rows[rows["month"] == month]
    if part.empty:
        return month, []
    part = part[part["lag"] == part["lag"].max()]
    names = dict(Family.objects.values_list("code", "name"))
    results = [
        FamilyResult(names.get(row.key, row.key), row.actual + row.signed_error, row.actual)
        for row in part.itertuples()
    ]
    return month, sorted(results, key=lambda r: -abs(r.error))


def hits_and_misses() -> dict[str, Any]:
    """What we got right (within 10 %, largest first) and what we missed (most units first)."""
    month, results = last_month_results()
    right = [r for r in results if r.share is not None and abs(r.share) <= TOLERANCE * 100]
    missed = [r for r in results if r not in right and abs(r.error) >= 1]
    right = sorted(right, key=lambda r: -r.actual)[:MOST]
    simulated = month is not None and Cycle.objects.filter(month=add_months(month, -1), simulated=True).exists()
    known = bool(results)
    return {"month": month, "right": right, "missed": missed[:MOST], "known": known, "simulated": simulated and known}
