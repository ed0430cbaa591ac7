"""How changes of a kind have landed: by direction, reason and family, never by person. Pure."""

from dataclasses import dataclass

import pandas as pd

COLUMNS = ("rep", "family", "reason", "before", "after", "actual")
FEWEST_CASES = 5
FEWEST_PEOPLE = 2
# from the closest kind to the widest; the first with enough cases from enough people is told
KINDS = (("direction", "reason", "family"), ("direction", "reason"), ("direction", "family"), ("direction",))
WORDS = {"up": "upward", "down": "downward"}


@dataclass(frozen=True)
class Landed:
    """Of changes of a kind `share` came true, over `cases` past cells; `kind` names the columns it is told by."""

    share: float
    cases: int
    kind: tuple[str, ...]


def landed_table(cases: pd.DataFrame) -> dict[tuple[str, ...], Landed]:
    """What share of past changes came true, by each kind; keys are ("direction", value, "reason", value, ...).

    `cases` has one row per past changed cell; rep 0 = nobody. With change = after - before and came = actual - before
    the share is sum(change x came) / sum(change x change): least squares through the origin.
    1 = landed exactly, 0 = the baseline was right, negative = it went the other way. A kind is told from five cases of
    at least two people on, so that nobody's own record shows. ValueError names a missing column.
    """
    for column in COLUMNS:
        if column not in cases.columns:
            raise ValueError(f"The cases lack the column {column!r}.")
    known = cases[cases["actual"].notna() & (cases["after"] != cases["before"])]
    change = (known["after"] - known["before"]).astype(float)
    came = (known["actual"] - known["before"]).astype(float)
    known = known.assign(
        direction=change.gt(0).map({True: "up", False: "down"}),
        landed=change * came,
        square=change**2,
        person=known["rep"].where(known["rep"] != 0),
    )
    return {key: landed for kind in KINDS for key, landed in _by_kind(known, kind)}


def _by_kind(known: pd.DataFrame, kind: tuple[str, ...]) -> list[tuple[tuple[str, ...], Landed]]:
    if known.empty:
        return []
    groups = known.groupby(list(kind)).agg(
        landed=("landed", "sum"), square=("square", "sum"), cases=("landed", "size"), people=("person", "nunique")
    )
    enough = groups[(groups["cases"] >= FEWEST_CASES) & (groups["people"] >= FEWEST_PEOPLE)]
    return [
        (_key(kind, at if isinstance(at, tuple) else (at,)), Landed(row.landed / row.square, int(row.cases), kind))
        for at, row in zip(enough.index, enough.itertuples(), strict=True)
    ]


def _key(kind: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for name, value in zip(kind, values, strict=True) for part in (name, str(value)))


def landed_of(table: dict[tuple[str, ...], Landed], *, change: float, reason: str, family: str) -> Landed | None:
    """How changes like this one have landed: by direction, reason and family, else the next wider kind known."""
    if not change:
        return None
    values = {"direction": "up" if change > 0 else "down", "reason": reason, "family": family}
    for kind in KINDS:
        found = table.get(_key(kind, tuple(values[name] for name in kind)))
        if found is not None:
            return found
    return None


def landed_sentence(found: Landed, *, change: float, reason: str, family: str) -> str:
    """In words: "Upward changes in Road Bikes landed at 84 % of the change, 23 cases"."""
    direction = WORDS["up" if change > 0 else "down"].capitalize()
    about = ""
    if "reason" in found.kind:
        about += f" for “{reason}”" if reason else " without a reason"
    if "family" in found.kind:
        about += f" in {family}"
    return f"{direction} changes{about} landed at {max(found.share, 0.0):.0%} of the change, {found.cases:,} cases."
