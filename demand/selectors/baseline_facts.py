"""What is known about how a line's baseline came about: method, error, range, and months not taken as they came."""

import numpy as np

from cycles.periods import parse_month
from demand.intervals import LEVELS, Ranges
from demand.models import CycleLine

SHOWN_TREATED = 6


def baseline_facts(row: CycleLine, position: int, value: float) -> list[str]:
    """One sentence each; nothing where no baseline was built."""
    if not row.method:
        return []
    return [_method(row), *_range(row, position, value), *_treated(row)]


def line_range(row: CycleLine, position: int, value: float, level: int) -> tuple[float, float] | None:
    """Between what `level` (50, 80 or 95) % of such forecasts of `value` land in the month at `position`."""
    landing = row.landing
    if not landing or position >= len(landing["growth"]):
        return None
    ranges = Ranges(np.array([landing["steps"]]), np.array([landing["growth"]]))
    low, high = ranges.around(np.full((1, len(landing["growth"])), value), level)
    return float(low[0, position]), float(high[0, position])


def _method(row: CycleLine) -> str:
    if row.backtest_wape is None:
        return f"Method: {row.method}. Too little history to test it."
    return f"Method: {row.method}. In its backtest it was wrong by {row.backtest_wape:.0%} of what was sold."


def _range(row: CycleLine, position: int, value: float) -> list[str]:
    edges = [line_range(row, position, value, level) for level in LEVELS]
    if value <= 0 or None in edges:
        return []
    half, most, nearly = (f"{_number(row, edge[0])} and {_number(row, edge[1])}" for edge in edges if edge)
    return [f"Half of such forecasts land between {half}, 80 % between {most}, 95 % between {nearly}."]


def _treated(row: CycleLine) -> list[str]:
    newest = row.treated[-SHOWN_TREATED:]
    told = [
        f"{parse_month(one['month']):%b %Y} came as {_number(row, one['was'])} and was {_taken(row, one['taken'])}: "
        f"{one['why']}."
        for one in newest
    ]
    older = len(row.treated) - len(newest)
    return [*told, f"So were {older} earlier months."] if older else told


def _taken(row: CycleLine, value: float | None) -> str:
    return "left out" if value is None else f"taken as {_number(row, value)}"


def _number(row: CycleLine, value: float) -> str:
    return f"{value:,.{row.line.product.decimals}f}"
