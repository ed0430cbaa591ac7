"""How far sales and the baseline are trusted beside each other: by their inverse squared past errors.

share of sales = (1 / E sales) / (1 / E sales + 1 / E baseline), E = mean squared error over past changed cells of the
line at that lag. Few cases lean on the family's at that lag, the family's on everybody's at that lag, these on all,
and all on taking sales whole: (n × own + k × wider) / (n + k). Source: Bates and Granger 1969.
"""

import numpy as np
import pandas as pd

from demand.calibration import FARTHEST_LAG, Floats, changed_cases

SHRINKAGE = 12.0
CHAIN: tuple[list[str], ...] = ([], ["lag"], ["family", "lag"], ["line", "lag"])


def sales_shares(cases: pd.DataFrame, cells: pd.DataFrame) -> Floats:
    """(cells,) how much of sales to take beside the baseline, 0 to 1.

    `cases` are past changed cells with line, family, lag, before (baseline), after (sales), actual; `cells` have
    line, family and lag. Without cases everything is 1.
    """
    past = changed_cases(cases) if len(cases) else cases
    share = np.ones(len(cells))
    if past.empty:
        return share
    squared = past.assign(
        lag=_far(past), b=(past["before"] - past["actual"]) ** 2, s=(past["after"] - past["actual"]) ** 2
    )
    wanted = cells.assign(lag=_far(cells))
    for by in CHAIN:
        n, own = _share(squared, wanted, by)
        share = (n * own + SHRINKAGE * share) / (n + SHRINKAGE)
    return share


def _far(frame: pd.DataFrame) -> pd.Series:
    return frame["lag"].clip(upper=FARTHEST_LAG).astype(int)


def _share(squared: pd.DataFrame, wanted: pd.DataFrame, by: list[str]) -> tuple[Floats, Floats]:
    """(cells,) the number of cases of each cell's group, and its share; 0 cases where there are none."""
    if not by:
        total = squared[["b", "s"]].sum()
        return np.full(len(wanted), float(len(squared))), np.full(len(wanted), _of(total["b"], total["s"]))
    table = squared.groupby(by).agg(n=("b", "size"), b=("b", "sum"), s=("s", "sum"))
    found = table.reindex(pd.MultiIndex.from_frame(wanted[by]) if len(by) > 1 else wanted[by[0]]).fillna(0.0)
    b, s = found["b"].to_numpy(), found["s"].to_numpy()
    own = np.divide(b, b + s, out=np.ones(len(b)), where=b + s > 0)
    return found["n"].to_numpy(), own


def _of(baseline: float, sales: float) -> float:
    return float(baseline / (baseline + sales)) if baseline + sales > 0 else 1.0
