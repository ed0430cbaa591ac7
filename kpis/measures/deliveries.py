"""How each order line of a month stood when the month had ended: the lines behind the service measures."""

from datetime import date

import numpy as np
import pandas as pd

TINY = 1e-9
STATES = ("open", "late", "short", "on time")


def delivery_states(rows: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """`rows` with the columns days_late (float, 0 = not late) and state, the worst first.

    Needs requested_on, shipped_on (missing = open), qty and shipped_qty. A line is "open" past its date, else "late",
    else "short" (shipped in time, but less than asked for), else "on time". What was shipped after `as_of` was open
    then, and counts with the days so far. Open lines come first, then by days late, then by what is missing.
    """
    asked = pd.to_datetime(rows["requested_on"])
    shipped = pd.to_datetime(rows["shipped_on"])
    today = pd.Timestamp(as_of)
    is_open = shipped.isna() | (shipped > today)
    end = shipped.mask(is_open, today)
    late = np.maximum((end - asked).dt.days.to_numpy(dtype=float), 0.0)
    got = rows["shipped_qty"].astype(float).fillna(0.0).mask(is_open, 0.0)
    short = (rows["qty"].astype(float) - got).clip(lower=0.0)
    state = np.select([is_open & (late > 0), late > 0, short > TINY], STATES[:3], STATES[3])
    told = rows.assign(days_late=late, state=state, missing=short, rank=[STATES.index(s) for s in state])
    told = told.sort_values(["rank", "days_late", "missing"], ascending=[True, False, False], kind="stable")
    return told.drop(columns="rank")
