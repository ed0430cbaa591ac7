"""Which lines need a look: at most a dozen per rep and month, the dearest first.

Everything else is accepted unseen unless somebody opens it, so a flag has to be worth a rep's time: each has one
plain reason, and they are ranked by the value at stake in it. Rules and cap are those of the entry screen (eight
reasons, cap 12).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CAP = 12
LEAST_VALUE = 100.0
COLUMNS = (
    "rep",
    "price",
    "baseline",
    "last_number",
    "due_qty",
    "pushes",
    "pushed_qty",
    "promotion_qty",
    "promotion",
    "short_qty",
    "months_since_order",
    "usual_interval",
    "last_forecast",
    "last_actual",
    "months_known",
)
FLAG_COLUMNS = ["line", "rep", "code", "label", "sentence", "also", "value", "rank"]


@dataclass(frozen=True)
class Thresholds:
    """From when on a rule speaks: shares of what was expected, counts of pushes and months."""

    far: float = 0.3
    missed: float = 0.3
    pushes: int = 2
    interval: float = 1.5
    known_months: int = 3
    cap: int = CAP
    least_value: float = LEAST_VALUE


@dataclass(frozen=True)
class Rule:
    """One reason: the units at stake for each line (0 = it does not speak), and its words."""

    code: str
    label: str
    at_stake: Callable[[pd.DataFrame, Thresholds], pd.Series]
    sentence: Callable[[pd.Series], str]


def flag_lines(frame: pd.DataFrame, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """The flags: columns line, rep, code, label, sentence, also, value and rank (1 = dearest of its rep).

    `frame` has one row per line, indexed by line id; all quantities are in the product's unit, NaN = there is none:

    - rep: whose line (empty = nobody: not flagged); price: currency per unit
    - baseline: expected in the next three months; last_number: the rep's own or last published number for them
    - due_qty: open orders and quotes dated within the lead time
    - pushes, pushed_qty: how often the most pushed open order was moved, and the units on such orders
    - promotion_qty, promotion: what events add in the next three months, and their names ('' = unknown)
    - short_qty: units short in supply in the next three months
    - months_since_order (1 = in the last closed month), usual_interval: of the line's customer, in months, as in
      `demand.rhythm.order_rhythm`
    - last_forecast, last_actual: of the last closed month
    - months_known: months since the line first sold

    A line gets its dearest reason; `also` has the sentences of its others, dearest first. At most `cap` lines per rep,
    and no reason under `least_value` currency units.
    ValueError names a missing column.
    """
    limits = thresholds or Thresholds()
    _check(frame)
    if frame.empty:
        return pd.DataFrame(columns=FLAG_COLUMNS)
    values = _values_at_stake(frame, limits)
    owned = frame["rep"].notna().to_numpy() & (frame["rep"] != "").to_numpy()
    best, value = values.argmax(axis=0), np.where(owned, values.max(axis=0), 0.0)
    ranks = _ranks(frame["rep"], value)
    least = max(limits.least_value, np.finfo(float).tiny)
    chosen = np.flatnonzero((value >= least) & (ranks <= limits.cap))
    also = _others(frame.iloc[chosen], values[:, chosen], best[chosen], least)
    flags = _worded(frame.iloc[chosen], best[chosen]).assign(also=also, value=value[chosen], rank=ranks[chosen])
    return flags.sort_values(["rep", "rank"], kind="stable").reset_index(drop=True)[FLAG_COLUMNS]


def _values_at_stake(frame: pd.DataFrame, limits: Thresholds) -> Numbers:
    """(rules, lines) currency units at stake."""
    units = np.array([rule.at_stake(frame, limits).fillna(0).to_numpy(dtype=float) for rule in RULES])
    return np.maximum(units, 0.0) * frame["price"].fillna(0).clip(lower=0).to_numpy(dtype=float)


def _ranks(rep: pd.Series, value: Numbers) -> NDArray[np.int64]:
    """1 for the dearest line of each rep; equal values in the order of the lines."""
    by_value = pd.Series(value).groupby(rep.to_numpy(), dropna=False)
    return by_value.rank(method="first", ascending=False).to_numpy().astype(np.int64)


def _worded(lines: pd.DataFrame, best: NDArray[np.int64]) -> pd.DataFrame:
    rules = [RULES[number] for number in best]
    rows = [row for _, row in lines.iterrows()]
    return pd.DataFrame(
        {
            "line": lines.index,
            "rep": lines["rep"].to_numpy(),
            "code": [rule.code for rule in rules],
            "label": [rule.label for rule in rules],
            "sentence": [rule.sentence(row) for rule, row in zip(rules, rows, strict=True)],
        }
    )


def _others(lines: pd.DataFrame, values: Numbers, best: NDArray[np.int64], least: float) -> list[list[str]]:
    """What the rules other than the dearest say of each line, dearest first."""
    found = []
    for at, (_, line) in enumerate(lines.iterrows()):
        dear = [number for number in np.argsort(-values[:, at], kind="stable") if values[number, at] >= least]
        found.append([RULES[number].sentence(line) for number in dear if number != best[at]])
    return found


def _check(frame: pd.DataFrame) -> None:
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(f"Lines to flag lack the column {missing[0]!r}.")


def _far(frame: pd.DataFrame, limits: Thresholds) -> pd.Series:
    gap = (frame["baseline"] - frame["last_number"]).abs()
    larger = frame[["baseline", "last_number"]].max(axis=1, skipna=False)
    return gap.where(gap > limits.far * larger)


def _due(frame: pd.DataFrame, _: Thresholds) -> pd.Series:
    return frame["due_qty"]


def _pushed(frame: pd.DataFrame, limits: Thresholds) -> pd.Series:
    return frame["pushed_qty"].where(frame["pushes"] >= limits.pushes)


def _promoted(frame: pd.DataFrame, _: Thresholds) -> pd.Series:
    return frame["promotion_qty"].abs()


def _short(frame: pd.DataFrame, _: Thresholds) -> pd.Series:
    return frame["short_qty"]


def _overdue(frame: pd.DataFrame, limits: Thresholds) -> pd.Series:
    late = frame["months_since_order"] > limits.interval * frame["usual_interval"]
    return frame["baseline"].where(late)


def _missed(frame: pd.DataFrame, limits: Thresholds) -> pd.Series:
    gap = (frame["last_forecast"] - frame["last_actual"]).abs()
    larger = frame[["last_forecast", "last_actual"]].max(axis=1, skipna=False)
    return gap.where(gap > limits.missed * larger)


def _new(frame: pd.DataFrame, limits: Thresholds) -> pd.Series:
    expected = frame[["baseline", "last_number"]].max(axis=1)
    return expected.where(frame["months_known"].fillna(0) < limits.known_months)


def _said_far(line: pd.Series) -> str:
    way = "above" if line["baseline"] > line["last_number"] else "below"
    return (
        f"The baseline for the next three months is {_units(line['baseline'])}, "
        f"well {way} the last number of {_units(line['last_number'])}."
    )


def _said_missed(line: pd.Series) -> str:
    return f"Last month {_units(line['last_actual'])} came; {_units(line['last_forecast'])} was forecast."


def _said_new(line: pd.Series) -> str:
    known = int(np.nan_to_num(line["months_known"]))
    seen = f"only {known} month{'s' if known > 1 else ''} of sales" if known else "no sales yet"
    return f"New: there are {seen} to go by." if known else f"New: there are {seen}."


def _units(quantity: float) -> str:
    return f"{quantity:,.0f} unit{'' if round(quantity) == 1 else 's'}"


def _months(count: float) -> str:
    return "month" if round(count) == 1 else f"{count:.0f} months"


RULES = (
    Rule("short", "Short", _short, lambda line: f"Supply is short by {_units(line['short_qty'])}."),
    Rule(
        "pushed",
        "Pushed",
        _pushed,
        lambda line: f"Orders for {_units(line['pushed_qty'])} were put off {int(line['pushes'])} times.",
    ),
    Rule(
        "due", "Due soon", _due, lambda line: f"Orders and quotes for {_units(line['due_qty'])} fall in the lead time."
    ),
    Rule("far", "Far off", _far, _said_far),
    Rule("missed", "Missed", _missed, _said_missed),
    Rule(
        "promotion",
        "Promotion",
        _promoted,
        lambda line: (
            f"{line['promotion'] or 'A promotion'} should move {_units(abs(line['promotion_qty']))}; "
            "is it in your number?"
        ),
    ),
    Rule(
        "overdue",
        "Quiet",
        _overdue,
        lambda line: (
            f"The customer usually orders every {_months(line['usual_interval'])}; "
            f"the last order was {_months(line['months_since_order'])} ago."
        ),
    ),
    Rule("new", "New", _new, _said_new),
)
