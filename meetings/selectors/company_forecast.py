"""The company forecast as it would be published now: demand plan, decisions, commitment, whole units."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.matrices import Matrix, Plan
from demand.models import ForecastVersion, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan, version_current, version_plan
from jobs.errors import Refused
from meetings.decision_effects import Lines, PlanEffect, apply_effect, apply_effects, effect_from
from meetings.models import Decision, DecisionOption
from meetings.publishing import content_hash, open_demand, published_matrix


@dataclass(frozen=True)
class DecidedChange:
    """What one decision did to the plan: (lines, months) before and after it."""

    decision: Decision
    option: DecisionOption
    before: Matrix
    after: Matrix


@dataclass(frozen=True)
class BuiltForecast:
    """The company forecast of a cycle with everything it was made of; matrices have the demand plan's lines."""

    frame: pd.DataFrame
    made_from: ForecastVersion
    demand: Plan
    commitment: Plan
    decided: Plan
    changes: list[DecidedChange]
    forecast: Plan
    content_hash: str

    @property
    def open_demand(self) -> Matrix:
        """(lines, months) demand that is planned and not in the forecast by the end of each month."""
        return open_demand(self.decided.quantity, self.forecast.quantity)


def forecast_build(cycle: Cycle, correction: Decision | None = None) -> BuiltForecast:
    """Build the company forecast from the stored versions and decisions; the same inputs give the same numbers.

    Of corrections those that were published count, and the one given. Refused when demand or supply has no plan.
    """
    demand_version = _finished(cycle, Stage.DEMAND_PLAN)
    demand = version_plan(demand_version)
    commitment = version_plan(_finished(cycle, Stage.SUPPLY_PLAN), demand.lines)
    frame = cycle_lines(cycle).reindex(demand.lines)
    options = chosen_options(cycle)
    decided, mask, changes = _after_decisions([o for o in options if not o.decision.corrects], demand, frame)
    whole = _rounding(frame, commitment.quantity)
    corrections = [o for o in options if o.decision.corrects and (o.decision.revision or o.decision == correction)]
    published = whole(decided.quantity, mask)
    forecast, corrected = _after_corrections(corrections, Plan(demand.lines, demand.start, published), frame, whole)
    decided = _with_corrections(decided, corrected)
    return BuiltForecast(
        frame,
        demand_version,
        demand,
        commitment,
        decided,
        [*changes, *corrected],
        forecast,
        forecast_hash(forecast, frame),
    )


Rounding = Callable[[Matrix, np.ndarray], Matrix]


def _rounding(frame: pd.DataFrame, commitment: Matrix) -> Rounding:
    """`rounded(plan, decided)`: what is published of a plan, whose decided cells the commitment does not limit."""
    product, _ = pd.factorize(frame["product"], sort=True)
    decimals = frame.groupby("product", sort=True)["decimals"].first().to_numpy()
    order = (frame["customer"] + "\n" + frame["product"]).to_numpy(dtype=str)

    def rounded(plan: Matrix, decided: np.ndarray) -> Matrix:
        return published_matrix(plan, commitment, decided, product_index=product, decimals=decimals, order=order)

    return rounded


def _after_corrections(
    corrections: list[DecisionOption], published: Plan, frame: pd.DataFrame, whole: Rounding
) -> tuple[Plan, list[DecidedChange]]:
    """Each correction changes the numbers as the revision before it published them; the commitment is behind them."""
    lines, quantity, changes = effect_lines(frame), published.quantity, []
    everything = np.ones(quantity.shape, dtype=bool)
    for option in corrections:
        effect = effect_from(option.plan_effect)
        if effect is None:
            continue
        after = whole(apply_effect(quantity, published.start, lines, effect).matrix, everything)
        changes.append(DecidedChange(option.decision, option, quantity, after))
        quantity = after
    return Plan(published.lines, published.start, quantity), changes


def _with_corrections(decided: Plan, corrected: list[DecidedChange]) -> Plan:
    """The plan that was decided, with what was corrected since, so that open demand counts what is asked now."""
    quantity = decided.quantity
    for change in corrected:
        quantity = np.maximum(quantity + change.after - change.before, 0.0)
    return Plan(decided.lines, decided.start, quantity)


def _finished(cycle: Cycle, stage: Stage) -> ForecastVersion:
    version = version_current(cycle, stage)
    if version is None:
        raise Refused("no_version", f"The cycle {cycle.code} has no signed {stage.label.lower()} yet.")
    return version


def chosen_options(cycle: Cycle) -> list[DecisionOption]:
    """The options that were decided in a cycle, in the order they were decided."""
    rows = DecisionOption.objects.filter(decision__cycle=cycle, decision__state=Decision.State.DECIDED)
    rows = rows.select_related("decision__decided_by__user").order_by("decision__decided_at", "decision_id")
    return [option for option in rows if option.key == option.decision.chosen]


def _after_decisions(
    options: list[DecisionOption], demand: Plan, frame: pd.DataFrame
) -> tuple[Plan, np.ndarray, list[DecidedChange]]:
    lines, quantity = effect_lines(frame), demand.quantity
    mask = np.zeros(quantity.shape, dtype=bool)
    changes = []
    for option in options:
        effect = effect_from(option.plan_effect)
        if effect is None:
            continue
        applied = apply_effect(quantity, demand.start, lines, effect)
        changes.append(DecidedChange(option.decision, option, quantity, applied.matrix))
        quantity, mask = applied.matrix, mask | applied.decided
    return Plan(demand.lines, demand.start, quantity), mask, changes


def effect_lines(frame: pd.DataFrame) -> Lines:
    return Lines(
        product=frame["product"].tolist(),
        customer=frame["customer"].tolist(),
        family=frame["family"].tolist(),
        region=frame["region"].tolist(),
        price=frame["price"].to_numpy(),
        unit_cost=frame["unit_cost"].to_numpy(),
    )


def effect_difference(cycle: Cycle, effect: PlanEffect) -> dict[str, float]:
    """What an effect would change over its months: units, revenue and margin. ValueError when it reaches nothing."""
    plan = stage_plan(cycle, Stage.DEMAND_PLAN)
    frame = cycle_lines(cycle).reindex(plan.lines)
    applied = apply_effects(plan.quantity, plan.start, effect_lines(frame), [effect])
    return {"units": applied.units, "revenue": applied.revenue, "margin": applied.margin}


def correction_difference(cycle: Cycle, effect: PlanEffect) -> dict[str, float]:
    """What an effect would change in the published forecast: units, revenue and margin."""
    built = forecast_build(cycle)
    applied = apply_effects(built.forecast.quantity, built.forecast.start, effect_lines(built.frame), [effect])
    return {"units": applied.units, "revenue": applied.revenue, "margin": applied.margin}


def forecast_hash(forecast: Plan, frame: pd.DataFrame) -> str:
    """The content hash of a forecast with the owner, region, family, price and cost its lines had."""
    attributes = {name: frame[name].tolist() for name in ("family", "region", "rep", "price", "unit_cost")}
    return content_hash(
        stage=Stage.COMPANY_FORECAST.value,
        start=forecast.start,
        codes=list(zip(frame["customer"], frame["product"], strict=True)),
        values=forecast.quantity,
        decimals=int(frame["decimals"].max()) if len(frame) else 0,
        attributes=attributes,
    )
