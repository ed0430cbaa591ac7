"""Families: their sheet of five blocks, and demand against commitment per product."""

from typing import Any, Final

import numpy as np

from cycles.models import Cycle
from cycles.periods import month_range
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.errors import Refused
from masterdata.models import Family
from supply.models import Gap
from supply.selectors.answers import Answer, answer_of, answer_rows
from supply.selectors.review import family_rows
from supply.selectors.sheet import FamilySheets, family_sheets

SHEET_MONTHS: Final = 12


def families_page(cycle: Cycle) -> dict[str, Any]:
    """Every group of families as a sheet, then every family in one line."""
    answer = _answer(cycle)
    sheets = family_sheets(cycle, answer, answer.products["group"], SHEET_MONTHS)
    months = month_range(cycle.month, cycle.horizon)
    rows = family_rows(answer, months)
    return {
        "cycle": cycle,
        "months": sheets.months,
        "closed": sheets.closed,
        "groups": [
            {"name": name, "blocks": sheets.blocks(i), "families": [row for row in rows if row["group"] == name]}
            for i, name in enumerate(sheets.names)
        ],
        "stock_known": sheets.stock_known,
    }


def family_page(cycle: Cycle, code: str) -> dict[str, Any]:
    """One family: its sheet over the whole horizon, its products, and the gaps that hit it."""
    family = Family.objects.filter(code=code).first()
    if family is None:
        raise Refused("no_family", f"There is no family {code}.", status=404)
    answer = _answer(cycle)
    chosen = answer.products["family"].to_numpy() == code
    if not chosen.any():
        raise Refused("family_not_planned", f"{family.name} has no product in the cycle {cycle.code}.", status=404)
    own = answer_rows(answer, np.flatnonzero(chosen))
    sheets = family_sheets(cycle, own, own.products["family_name"], cycle.horizon)
    months = month_range(cycle.month, cycle.horizon)
    return {
        "cycle": cycle,
        "family": family,
        "months": sheets.months,
        "closed": sheets.closed,
        "blocks": sheets.blocks(0),
        "stock_known": sheets.stock_known,
        "summary": family_rows(own, months)[0],
        "products": _products(own, months),
        "chart": _stock_chart(own, sheets),
        "gaps": [gap for gap in _gaps(cycle) if any(f["code"] == code for f in gap.families)],
    }


def _answer(cycle: Cycle) -> Answer:
    answer = answer_of(cycle) if version_current(cycle, Stage.SUPPLY_PLAN) is not None else None
    if answer is None:
        raise Refused("no_supply_plan", f"The supply plan of {cycle.code} is not made yet.", status=404)
    return answer


def _gaps(cycle: Cycle) -> list[Gap]:
    return list(Gap.objects.filter(cycle=cycle).select_related("resource"))


def _products(answer: Answer, months: list[Any]) -> list[dict[str, Any]]:
    """Per product over the next twelve months: asked, in time, late, stock now, lowest stock and what binds."""
    rows = []
    for p in range(len(answer.products)):
        year = slice(0, SHEET_MONTHS)
        asked, late = float(answer.demand[p, year].sum()), answer.late[p]
        first = int((late >= 1).argmax()) if (late >= 1).any() else None
        lowest = int(answer.inventory[p, year].argmin())
        rows.append(
            {
                "code": answer.products["code"].iloc[p],
                "name": answer.products["name"].iloc[p],
                "made": bool(answer.products["made"].iloc[p]),
                "asked": asked,
                "late": float(late[year].sum()),
                "in_time": 1 - float(late[year].sum()) / asked if asked else None,
                "first_late": months[first] if first is not None else None,
                "binding": answer.binding[p, first] if first is not None else "",
                "stock": None if answer.opening_stock is None else float(answer.opening_stock[p]),
                "safety": float(answer.safety_stock[p]),
                "lowest": float(answer.inventory[p, lowest]),
                "lowest_month": months[lowest],
                "backlog": float(answer.opening_backlog[p]),
            }
        )
    return sorted(rows, key=lambda row: (-row["late"], -row["asked"]))


def _stock_chart(answer: Answer, sheets: FamilySheets) -> dict[str, Any] | None:
    """Stock in units, closed months solid and planned ones dashed, against the safety stock."""
    if not sheets.stock_known:
        return None
    values = sheets.sheet.inventory[0].tolist()
    low = float(answer.safety_stock.sum())
    below = [month for month, value in zip(sheets.months, values, strict=True) if value < low]
    ahead = [month for month in below if month >= sheets.months[sheets.closed]]
    said = (
        f"Stock falls below the safety stock in {ahead[0]:%b %Y}." if ahead else "Stock stays above the safety stock."
    )
    return {
        "months": sheets.months,
        "values": values,
        "low": [low] * len(values),
        "forecast": [m >= sheets.closed for m in range(len(values))],
        "band_name": "above safety stock",
        "message": said,
        "who": sheets.names[0],
        "measure": "Stock at the month's end",
        "unit": "units",
        "when": f"{sheets.months[0]:%b %Y} to {sheets.months[-1]:%b %Y}",
        "width": 1180,
    }
