"""Why a number is what it is: its value at every stage, and for each difference who, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months, months_between
from demand.certainty import parts_of
from demand.event_shapes import shape_in_month
from demand.matrices import Plan
from demand.models import Change, Comment, CycleLine, Event, ForecastVersion, Line, Stage, VersionState
from demand.policy import may_see_record
from demand.selectors.baseline_facts import baseline_facts
from demand.selectors.certainty import certainties
from demand.selectors.history import history
from demand.selectors.rules import correction_note
from demand.selectors.stages import StageNumbers, stage_numbers
from demand.selectors.stock_outs import stock_out_months
from demand.selectors.threads import thread
from demand.selectors.versions import STAGES, events_applied, layer_plan, version_plan
from jobs.errors import Refused
from masterdata.models import Person

PAST_MONTHS = 24
SAME = 1e-9


@dataclass(frozen=True)
class Rung:
    """One stage of the ladder for one cell; `delta` is the difference to the stage before, None for the first."""

    stage: Stage
    label: str
    value: float
    delta: float | None
    changes: Sequence[Change] = ()
    facts: Sequence[str] = ()


@dataclass(frozen=True)
class Why:
    """Everything behind one cell."""

    cycle: Cycle
    line: Line
    month: date
    row: CycleLine
    rungs: list[Rung]
    thread: list[Comment]
    past: list[tuple[date, float]]
    same_month: list[tuple[date, float]]
    ahead: list[tuple[date, float]]
    others: list[date] = field(default_factory=list)
    without_stock: dict[date, str] = field(default_factory=dict)

    @property
    def final(self) -> Rung | None:
        return self.rungs[-1] if self.rungs else None

    @property
    def owner_name(self) -> str:
        return self.row.owner.name if self.row.owner else "nobody"


def why(cycle: Cycle, line_id: int, month: date, reader: Person) -> Why:
    """What is behind the number of a line in a month of a cycle; refused when there is no such cell."""
    row = (
        CycleLine.objects.select_related("line__product", "line__customer", "owner__user", "family")
        .filter(cycle=cycle, line_id=line_id)
        .first()
    )
    if row is None:
        raise Refused("no_line", f"There is no such line in the cycle {cycle.code}.", status=404)
    position = months_between(cycle.month, month)
    if not 0 <= position < cycle.horizon:
        raise Refused(
            "no_month", f"{month:%Y-%m} is not one of the {cycle.horizon} months from {cycle.code}.", status=404
        )
    ids = np.array([line_id], dtype=np.int64)
    plans, facts = _plans(cycle, ids, position)
    facts.setdefault(Stage.SALES, []).extend(_certainty_facts(cycle, row, position, plans))
    facts.setdefault(Stage.DEMAND_PLAN, []).extend(_correction_facts(cycle, row, position, plans, reader))
    past = history(ids, start=add_months(cycle.month, -PAST_MONTHS), before=cycle.month).quantity[0]
    product, since = row.line.product_id, add_months(cycle.month, -PAST_MONTHS)
    months = [add_months(cycle.month, i - PAST_MONTHS) for i in range(PAST_MONTHS)]
    known = [(at, float(value)) for at, value in zip(months, past, strict=True)]
    rungs = _rungs(cycle, row, position, plans, facts, reader)
    ahead = plans[max(plans, key=STAGES.index)].quantity[0] if plans else np.zeros(0)
    return Why(
        cycle=cycle,
        line=row.line,
        month=month,
        row=row,
        rungs=rungs,
        thread=thread(cycle, row.line),
        past=known,
        same_month=[(at, value) for at, value in known if at.month == month.month],
        ahead=[(add_months(cycle.month, i), float(value)) for i, value in enumerate(ahead)],
        without_stock=stock_out_months([product], start=since, before=cycle.month)[product],
        others=[add_months(cycle.month, i) for i in range(cycle.horizon)],
    )


def _plans(cycle: Cycle, ids: np.ndarray, position: int) -> tuple[dict[Stage, Plan], dict[Stage, list[str]]]:
    """The line's plan at every stage there is, and what is known about how a stage came about."""
    numbers = stage_numbers([cycle.month], ids, STAGES)
    versions = _versions(cycle)
    plans = {stage: numbers.plan(cycle.month, stage) for stage in STAGES if numbers.has(cycle.month, stage)}
    facts: dict[Stage, list[str]] = {}
    if Stage.TEAM in plans:
        events, effects = events_applied(cycle, plans[Stage.TEAM])
        plans.setdefault(Stage.EVENTS, events)
        facts[Stage.EVENTS] = _event_facts(cycle, effects, position)
    _with_proposal(cycle, numbers, versions, plans, ids)
    for stage, version in versions.items():
        if stage in plans and version.rule and stage not in (Stage.NAIVE, Stage.BASELINE):
            facts.setdefault(stage, []).append(f"By the rule “{version.rule}”.")
    return plans, facts


def _versions(cycle: Cycle) -> dict[Stage, ForecastVersion]:
    """The finished version of each stage; for the demand plan also its proposal while it is worked on."""
    rows = ForecastVersion.objects.filter(cycle=cycle, state__in=[VersionState.CURRENT, VersionState.BUILDING])
    found: dict[Stage, ForecastVersion] = {}
    for version in rows.order_by("revision"):
        if version.state == VersionState.CURRENT or version.stage == Stage.DEMAND_PLAN:
            found[Stage(version.stage)] = version
    return found


def _with_proposal(
    cycle: Cycle,
    numbers: StageNumbers,
    versions: dict[Stage, ForecastVersion],
    plans: dict[Stage, Plan],
    ids: np.ndarray,
) -> None:
    proposed = versions.get(Stage.DEMAND_PLAN)
    if Stage.DEMAND_PLAN not in plans and proposed is not None:
        plans[Stage.DEMAND_PLAN] = version_plan(proposed, ids).with_layer(layer_plan(cycle, Stage.DEMAND_PLAN, ids))


def _certainty_facts(cycle: Cycle, row: CycleLine, position: int, plans: dict[Stage, Plan]) -> list[str]:
    """What the owner said is firm, and the upside that is not in the plan."""
    said = certainties(cycle, [row.line_id]).get(row.line_id)
    if said is None or Stage.SALES not in plans:
        return []
    number = float(plans[Stage.SALES].quantity[0, position])
    parts = parts_of(number, said.firm[position], said.upside[position])
    places = row.line.product.decimals
    sentences = []
    if parts.firm is not None:
        sentences.append(f"Firm {parts.firm:,.{places}f}, likely {parts.likely:,.{places}f}.")
    if parts.upside:
        sentences.append(f"Upside +{parts.upside:,.{places}f}, not in the plan.")
    return sentences


def _correction_facts(
    cycle: Cycle, row: CycleLine, position: int, plans: dict[Stage, Plan], reader: Person
) -> list[str]:
    """Why the proposal took another number than sales; how the owner's own changes did is the owner's to read."""
    if Stage.DEMAND_PLAN not in plans or Stage.EVENTS not in plans:
        return []
    before, after = (plans[stage].quantity[0, position] for stage in (Stage.EVENTS, Stage.DEMAND_PLAN))
    if abs(after - before) < SAME:
        return []
    owner = row.owner
    told = correction_note(cycle, row.line_id, private=owner is not None and may_see_record(reader, owner))
    return [told] if told else []


def _event_facts(cycle: Cycle, effects: pd.DataFrame, position: int) -> list[str]:
    """One sentence per event that touches the month, with what its shape makes of the month."""
    here, month = effects[effects["month"] == position], add_months(cycle.month, position)
    events = {event.code: event for event in Event.objects.filter(code__in=here["event"].unique().tolist())}
    facts = []
    for code, rows in here.groupby("event"):
        event, note = events[str(code)], next((str(note) for note in rows["note"] if note), "")
        shape = shape_in_month(event.shape, event.from_month, event.to_month, month)
        facts.append(note or f"{event.name}: {rows['added'].sum():+,.1f}{f' ({shape})' if shape else ''}")
    return facts


def _rungs(
    cycle: Cycle,
    row: CycleLine,
    position: int,
    plans: dict[Stage, Plan],
    facts: dict[Stage, list[str]],
    reader: Person,
) -> list[Rung]:
    changes = _changes(cycle, row.line_id, add_months(cycle.month, position))
    rungs: list[Rung] = []
    for stage in STAGES:
        if stage not in plans:
            continue
        value = float(plans[stage].quantity[0, position])
        delta = value - rungs[-1].value if rungs else None
        told = [*(baseline_facts(row, position, value) if stage == Stage.BASELINE else []), *facts.get(stage, [])]
        rungs.append(Rung(stage, _label(stage, row, reader), value, delta, changes.get(stage, []), told))
    return rungs


def _changes(cycle: Cycle, line: int, month: date) -> dict[Stage, list[Change]]:
    found: dict[Stage, list[Change]] = {}
    rows = Change.objects.filter(cycle=cycle, line_id=line, month=month).select_related("by__user").order_by("id")
    for change in rows:
        found.setdefault(Stage(change.stage), []).append(change)
    return found


def _label(stage: Stage, row: CycleLine, reader: Person) -> str:
    if stage != Stage.SALES or row.owner is None:
        return stage.label
    return "Your number" if row.owner_id == reader.pk else f"Number of {row.owner.name}"
