"""Demand against capacity: stacked columns by family, capacity as steps, overload in the adverse colour."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import (
    Drawing,
    Value,
    boundary,
    flags,
    largest,
    month_labels,
    months_of,
    series,
    share,
    year_labels,
)
from sop_portal.number_format import month, number, percent

LEFT, TOP, SHADES = 4.0, 24.0, ("ac", "py", "shade-2", "pl")


def stacked_load(
    *,
    months: Sequence[date],
    loads: Mapping[str, Sequence[Any]],
    regular: Sequence[Any],
    overtime: Sequence[Any] | None = None,
    forecast: Sequence[bool] | None = None,
    decimals: int = 0,
    width: float = 660,
    height: float = 180,
    uid: str = "c",
    title: str = "Load against capacity",
    desc: str = "",
) -> Drawing:
    """Load per month stacked by family (at most four, the rest summed as "Other") in capacity units.

    `regular` and `overtime` are capacities per month; overtime comes on top. The part of the load
    above both is drawn in the adverse colour and labelled with the utilisation, load / (regular +
    overtime), n/a at zero capacity. ValueError on wrong lengths or no family.
    """
    at = months_of(months)
    n = len(at)
    stacks = _stacks(loads, n)
    base, more = series("regular", regular, n), series("overtime", overtime, n)
    full = [None if b is None else b + (m or 0.0) for b, m in zip(base, more, strict=True)]
    total: list[Value] = [sum(stack[i] or 0.0 for stack in stacks.values()) for i in range(n)]
    used = share(total, full)
    expected = flags("forecast", forecast, n)
    names = max(text_width(name) for name in stacks) + 18
    slot = (width - LEFT - names) / n
    scale = height / (largest(total, full) or 1.0)
    paper = Picture(uid=uid, width=width, height=TOP + height + 32, title=title, desc=desc, order=SHADES)
    for i in range(n):
        _column(paper, i, slot, height, scale, [s[i] or 0.0 for s in stacks.values()], full[i], expected[i])
    for i in _peaks(used, slot):
        y = TOP + height - (total[i] or 0.0) * scale - 5
        paper.text("mid t-bad", LEFT + (i + 0.5) * slot, y, percent(used[i]))
    _steps(paper, "limit", base, slot, height, scale)
    if any(more):
        _steps(paper, "limit-more", full, slot, height, scale)
    _names(paper, stacks, slot, n, height, scale)
    _months(paper, at, slot, height, boundary(expected))
    header = ("Month", *stacks, "Load", "Regular", "With overtime", "Used")
    columns: list[list[Value]] = [*stacks.values(), total, base, full]
    rows = [[month(m), *(number(s[i], decimals) for s in columns), percent(used[i])] for i, m in enumerate(at)]
    legend = ("regular", *(["with-overtime"] if any(more) else []), "overload", *(["cut"] if any(expected) else []))
    return Drawing(paper.svg(), legend, header, rows)


def _stacks(loads: Mapping[str, Sequence[Any]], length: int) -> dict[str, list[Value]]:
    """Families by size, the largest at the bottom; the fifth and further ones become "Other"."""
    if not loads:
        raise ValueError("loads has no family")
    found = {name: series(f"loads[{name}]", values, length) for name, values in loads.items()}
    order = sorted(found, key=lambda name: -sum(v or 0.0 for v in found[name]))
    if len(order) <= len(SHADES):
        return {name: found[name] for name in order}
    kept = order[: len(SHADES) - 1]
    rest: list[Value] = [sum(found[name][i] or 0.0 for name in order[len(kept) :]) for i in range(length)]
    return {name: found[name] for name in kept} | {"Other": rest}


def _column(
    paper: Picture,
    index: int,
    slot: float,
    height: float,
    scale: float,
    parts: Sequence[float],
    limit: Value,
    expected: bool,
) -> None:
    wide = min(30.0, slot * 0.66)
    left, ground = LEFT + (index + 0.5) * slot - wide / 2, TOP + height
    start = 0.0
    for layer, part in zip(SHADES, parts, strict=False):
        paper.rect(layer, left, ground - (start + part) * scale, wide, part * scale)
        start += part
    if expected:
        dark = sum(parts[:2])
        paper.rect("cut", left, ground - dark * scale, wide, dark * scale)
    if limit is not None and start > limit:
        layer = "hatch-bad" if expected else "bad"
        paper.rect(layer, left, ground - start * scale, wide, (start - limit) * scale)


def _peaks(used: Sequence[Value], slot: float) -> list[int]:
    """Overloaded months to label: all when the labels fit, else the highest of each run."""
    over = [i for i, u in enumerate(used) if u is not None and u > 1]
    if slot >= text_width("100%") + 4:
        return over
    runs: list[list[int]] = []
    for i in over:
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [max(run, key=lambda i: used[i] or 0.0) for run in runs]


def _steps(paper: Picture, layer: str, limits: Sequence[Value], slot: float, height: float, scale: float) -> None:
    """A level line per month, joined where the neighbouring month has a capacity too."""
    points: list[tuple[float, float]] = []
    for i, limit in enumerate([*limits, None]):
        if limit is None:
            if points:
                paper.line(layer, points)
            points = []
            continue
        y = TOP + height - limit * scale
        points += [(LEFT + i * slot, y), (LEFT + (i + 1) * slot, y)]


def _names(
    paper: Picture, stacks: Mapping[str, Sequence[Value]], slot: float, n: int, height: float, scale: float
) -> None:
    """Families named beside the last column, pushed apart where they would touch."""
    start, last_y = 0.0, TOP + height + 14
    for name, layer in zip(stacks, SHADES, strict=False):
        part = stacks[name][n - 1] or 0.0
        y = min(TOP + height - (start + part / 2) * scale + 4, last_y - 14)
        paper.rect(layer, LEFT + n * slot + 4, y - 8, 8, 8)
        paper.text("soft", LEFT + n * slot + 16, y, name)
        start, last_y = start + part, y


def _months(paper: Picture, at: Sequence[date], slot: float, height: float, first: int | None) -> None:
    ground = TOP + height
    paper.line("axis", [(LEFT - 4, ground), (LEFT + slot * len(at), ground)])
    for i, (name, year) in enumerate(zip(month_labels(at, slot), year_labels(at, slot), strict=True)):
        paper.text("mid", LEFT + (i + 0.5) * slot, ground + 15, name)
        paper.text("mid faint", LEFT + (i + 0.5) * slot, ground + 28, year)
    if first is not None:
        paper.line("now", [(LEFT + first * slot, 4), (LEFT + first * slot, ground + 18)])
