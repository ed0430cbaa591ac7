"""What foreign money is worth in the company's: monthly rates; a missing one is unknown, never guessed."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from django.db import connection

ALL = """
SELECT c.currency, r.currency, r.month, r.rate
FROM masterdata_company c LEFT JOIN masterdata_exchangerate r ON true ORDER BY r.month
"""


@dataclass(frozen=True)
class Rates:
    """Company currency for one unit of each foreign currency: (months rising, rates) by currency."""

    own: str
    known: Mapping[str, tuple[Sequence[date], Sequence[float]]]

    def at(self, currency: str, month: date) -> float:
        """The rate of the month, else the newest one before; NaN where there is none. No currency means the own."""
        if currency in ("", self.own):
            return 1.0
        months, rates = self.known.get(currency, ((), ()))
        position = bisect_right(months, month)
        return rates[position - 1] if position else float("nan")


def rates_read() -> Rates:
    """All rates, in one query; before anything is set up nothing is foreign."""
    known: dict[str, tuple[list[date], list[float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        rows = cursor.fetchall()
    for _, currency, month, rate in rows:
        if currency:
            months, rates = known.setdefault(currency, ([], []))
            months.append(month)
            rates.append(rate)
    return Rates(rows[0][0] if rows else "", known)


def in_company_currency(amounts: pd.Series, currencies: pd.Series, months: pd.Series, rates: Rates) -> pd.Series:
    """Amounts at the rate of their month; NaN where a rate is missing, except that nothing is worth nothing."""
    each = {pair: rates.at(*pair) for pair in set(zip(currencies, months, strict=True))}
    factor = np.array([each[pair] for pair in zip(currencies, months, strict=True)], dtype=float)
    worth = amounts.astype(float) * factor
    return worth.where(amounts != 0, 0.0)
