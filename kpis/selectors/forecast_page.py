"""The forecast page: a cycle's numbers at a stage, by month, from the company down to the lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.db.models import Model

from cycles.models import Cycle, CycleState
from cycles.periods import month_range, parse_month
from cycles.selectors import current_cycle, cycle_of, latest_published
from demand.matrices import Plan
from demand.models import CycleLine, ForecastVersion, Stage
from demand.selectors.forecast import FILTERS, KEYS, Level, Measure, Wanted, check_margin, forecast_long
from demand.selectors.lines import cycle_lines
from demand.selectors.seals import seal_last
from demand.selectors.versions import stage_plan, stages_available, version_current, version_plan
from jobs.errors import Invalid
from masterdata.models import Customer, Family, Person, Product, Region
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from meetings.publishing import open_demand
from meetings.selectors.company_forecast import chosen_options, forecast_build

ROWS = 200
LEVELS = (Level.FAMILY, Level.PRODUCT, Level.CUSTOMER, Level.REGION, Level.REP)
# one step down: what stands below a row
BELOW = {
    Level.FAMILY: Level.PRODUCT,
    Level.PRODUCT: Level.LINE,
    Level.CUSTOMER: Level.LINE,
    Level.REGION: Level.CUSTOMER,
    Level.REP: Level.CUSTOMER,
}
DOWN = ("family", "region", "rep", "customer", "product")
NAMED: Mapping[str, type[Model]] = {
    "family": Family,
    "product": Product,
    "customer": Customer,
    "region": Region,
    "rep": Person,
}


@dataclass(frozen=True)
class Row:
    """One row: its name, codes, months and total; `address` leads one step down, `line` to every cell's making."""

    name: str
    note: str
    cells: list[tuple[date, float]]
    total: float
    address: str = ""
    line: int | None = None


def wanted_from(query: Mapping[str, str]) -> Wanted | None:
    """What the address asks for; None when nothing has been published yet and no cycle is named."""
    code = query.get("cycle", "")
    try:
        cycle = cycle_of(parse_month(code)) if code else latest_published()
    except ValueError as error:
        raise Invalid(str(error)) from None
    if cycle is None:
        return None
    filters = {name: [query[name]] for name in FILTERS if query.get(name)}
    return Wanted(
        cycle=cycle,
        stage=Stage(_choice(query, "stage", Stage.values, Stage.COMPANY_FORECAST)),
        level=Level(_choice(query, "level", Level.values, Level.FAMILY)),
        measure=Measure(_choice(query, "measure", Measure.values, Measure.QUANTITY)),
        filters=filters,
    )


def _choice(query: Mapping[str, str], name: str, known: list[str], default: str) -> str:
    text = query.get(name) or default
    if text not in known:
        raise Invalid(f"{text!r} is not a {name}. Use one of: {', '.join(known)}.")
    return text


def forecast_page(wanted: Wanted | None, person: Person) -> dict[str, Any]:
    """Everything the page shows; `empty` says what is in force instead when the stage has no number yet."""
    if wanted is None:
        return {"empty": "No company forecast has been published yet.", "cycles": _cycles(), "now": current_cycle()}
    check_margin(person, wanted)
    frame = {"wanted": wanted, "cycles": _cycles(), "crumbs": _crumbs(wanted), "now": current_cycle()}
    version = version_current(wanted.cycle, wanted.stage)
    if wanted.stage not in stages_available(wanted.cycle):
        return frame | _not_yet(wanted)
    rows, months = _rows(wanted)
    shown = sorted(rows, key=lambda row: (-row.total, row.name))
    return frame | {
        "months": months,
        "rows": shown[:ROWS],
        "hidden": max(len(rows) - ROWS, 0),
        "totals": [sum(row.cells[i][1] for row in rows) for i in range(len(months))],
        "total": sum(row.total for row in rows),
        "version": version,
        "seal": seal_last(wanted.cycle) if version else None,
        "is_live": version is None,
        "open_demand": _open_demand(wanted, version),
        "unit": company().currency if wanted.measure != Measure.QUANTITY else "units",
        "csv": "/api/v1/company-forecast/?" + query_of(wanted, format="csv"),
        "switches": _switches(wanted, person),
    }


def query_of(wanted: Wanted, **more: str) -> str:
    """The address of what is wanted, with some of it changed; an empty value drops it."""
    given = {"cycle": wanted.cycle.code, "stage": wanted.stage.value, "level": wanted.level.value}
    given |= {"measure": wanted.measure.value} | {name: codes[0] for name, codes in wanted.filters.items()}
    return urlencode({name: value for name, value in (given | more).items() if value})


def _cycles() -> list[Cycle]:
    return list(Cycle.objects.filter(state__in=[CycleState.PUBLISHED, CycleState.OPEN])[:24])


def _not_yet(wanted: Wanted) -> dict[str, Any]:
    force = latest_published()
    empty = f"The {wanted.stage.label.lower()} of {wanted.cycle.month:%B %Y} is not there yet."
    if wanted.stage == Stage.COMPANY_FORECAST:
        empty = f"The company forecast of {wanted.cycle.month:%B %Y} is not published yet."
    version = version_current(force, Stage.COMPANY_FORECAST) if force else None
    return {"empty": empty, "in_force": version, "in_force_cycle": force}


# --- Rows ------------------------------------------------------------------------------


def _rows(wanted: Wanted) -> tuple[list[Row], list[date]]:
    long = forecast_long(wanted)
    keys = list(KEYS[wanted.level])
    months = sorted(long["month"].unique()) if len(long) else month_range(wanted.cycle.month, wanted.cycle.horizon)
    values = long[str(wanted.measure)].to_numpy().reshape(-1, len(months))
    codes = long[keys].iloc[:: len(months)].to_dict("records") if keys else [{}]
    names = {key: _names(key) for key in keys}
    ids = _line_ids(wanted.cycle) if wanted.level == Level.LINE else {}
    rows = zip(codes, values.tolist(), strict=True)
    return [_row(wanted, code, list(zip(months, row, strict=True)), names, ids) for code, row in rows], months


def _row(
    wanted: Wanted,
    codes: dict[Any, str],
    cells: list[tuple[date, float]],
    names: dict[str, dict[str, str]],
    ids: dict[tuple[str, str], int],
) -> Row:
    named = [names[key].get(code, code) or "Nobody" for key, code in codes.items()]
    line = ids.get((codes["customer"], codes["product"])) if wanted.level == Level.LINE else None
    address = "" if line is not None else _below(wanted, codes)
    total = sum(value for _, value in cells)
    return Row(named[0] if named else company().name, ", ".join(named[1:]), cells, total, address, line)


def _below(wanted: Wanted, codes: dict[Any, str]) -> str:
    """The address one step down; none for rows without an owner or region."""
    key = KEYS[wanted.level][0] if KEYS[wanted.level] else ""
    level = BELOW.get(wanted.level)
    if level is None or not codes.get(key):
        return ""
    down = replace(wanted, level=level, measure=_shown_below(wanted, level))
    return query_of(down, **{key: codes[key]})


def _shown_below(wanted: Wanted, level: Level) -> Measure:
    """Margin ends at the family: below it revenue is shown."""
    return Measure.REVENUE if wanted.measure == Measure.MARGIN and level != Level.FAMILY else wanted.measure


def _names(key: str) -> dict[str, str]:
    if key == "rep":
        rows = Person.objects.values_list("user__username", "user__first_name")
        return {code: name or code for code, name in rows}
    return dict(NAMED[key]._default_manager.values_list("code", "name"))


def _line_ids(cycle: Cycle) -> dict[tuple[str, str], int]:
    rows = CycleLine.objects.filter(cycle=cycle)
    return {
        (customer, product): line
        for line, customer, product in rows.values_list("line_id", "line__customer__code", "line__product__code")
    }


# --- Around the table --------------------------------------------------------------------


def _crumbs(wanted: Wanted) -> list[dict[str, str]]:
    """Back up: the whole, then what it is narrowed to, from the family down."""
    if not wanted.filters:
        return []
    crumbs = [{"name": "All", "query": query_of(replace(wanted, level=Level.FAMILY, filters={}))}]
    filters: dict[str, Sequence[str]] = {}
    for key in (key for key in DOWN if key in wanted.filters):
        filters = filters | {key: wanted.filters[key]}
        up = replace(wanted, level=BELOW[Level(key)], filters=filters)
        code = wanted.filters[key][0]
        crumbs.append({"name": _names(key).get(code, code), "query": query_of(up)})
    return [*crumbs[:-1], crumbs[-1] | {"query": ""}]


def _switches(wanted: Wanted, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Level and measure to change to; margin only where it is open to this person."""
    margin_open = person.role in COST_ROLES or (wanted.level == Level.FAMILY and not set(wanted.filters) - {"family"})
    measures = [measure for measure in Measure if measure != Measure.MARGIN or margin_open]
    return {
        "levels": [
            {
                "label": level.label,
                "on": level == wanted.level,
                "query": query_of(replace(wanted, level=level, measure=_of_level(wanted, level, person))),
            }
            for level in LEVELS
        ],
        "measures": [
            {"label": m.label, "on": m == wanted.measure, "query": query_of(replace(wanted, measure=m))}
            for m in measures
        ],
        "stages": [
            {"label": stage.label, "value": stage.value, "on": stage == wanted.stage}
            for stage in stages_available(wanted.cycle)
        ],
    }


def _of_level(wanted: Wanted, level: Level, person: Person) -> Measure:
    return wanted.measure if person.role in COST_ROLES else _shown_below(wanted, level)


def _open_demand(wanted: Wanted, version: ForecastVersion | None) -> list[float] | None:
    """Units per month end that are planned and not in the published forecast yet; None where it is not asked."""
    if wanted.stage != Stage.COMPANY_FORECAST or wanted.measure != Measure.QUANTITY or version is None:
        return None
    planned = _after_decisions(wanted.cycle, version)
    frame = cycle_lines(wanted.cycle).reindex(planned.lines)
    keep = np.ones(len(frame), dtype=bool)
    for column, codes in wanted.filters.items():
        keep &= frame[column].isin(list(codes)).to_numpy()
    waiting = open_demand(planned.quantity, version_plan(version, planned.lines).quantity)
    return [float(value) for value in waiting[keep].sum(axis=0)]


def _after_decisions(cycle: Cycle, version: ForecastVersion) -> Plan:
    """The demand plan as decided; rebuilt only where a decision changed it."""
    if chosen_options(cycle):
        return forecast_build(cycle).decided
    return version_plan(version.made_from) if version.made_from else stage_plan(cycle, Stage.DEMAND_PLAN)
