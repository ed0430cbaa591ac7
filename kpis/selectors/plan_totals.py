"""A finished version by family and month, in units and money, added up by the database."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from django.db import connection

from cycles.periods import months_between
from demand.matrices import Matrix
from demand.models import ForecastVersion

TOTALS = """
SELECT fa.code, fa.name, cell.position - 1, sum(cell.value), sum(cell.value * cl.price),
       sum(cell.value * (cl.price - cl.unit_cost))
FROM demand_forecastline f
JOIN demand_cycleline cl ON cl.cycle_id = %s AND cl.line_id = f.line_id
JOIN masterdata_family fa ON fa.id = cl.family_id
CROSS JOIN LATERAL unnest(f.quantity) WITH ORDINALITY AS cell(value, position)
WHERE f.version_id = %s GROUP BY 1, 2, 3 ORDER BY 1, 3
"""
COLUMNS = ["family", "name", "position", "units", "revenue", "margin"]


@dataclass(frozen=True)
class Totals:
    """(families, months) of units, revenue and margin from `start`; money in company currency."""

    start: date
    families: list[tuple[str, str]]
    units: Matrix
    revenue: Matrix
    margin: Matrix

    def of(self, measure: str) -> Matrix:
        return self.units if measure == "quantity" else self.revenue

    def at(self, month: date) -> int:
        """The column of a month; may lie outside."""
        return months_between(self.start, month)


def plan_totals(version: ForecastVersion) -> Totals:
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, [version.cycle_id, version.pk])
        table = pd.DataFrame(cursor.fetchall(), columns=COLUMNS)
    names = table[["family", "name"]].drop_duplicates()
    families = list(names.itertuples(index=False, name=None))
    row = table["family"].map({code: i for i, (code, _) in enumerate(families)}).to_numpy(dtype=int)
    column = table["position"].to_numpy(dtype=int)
    sides = []
    for name in ("units", "revenue", "margin"):
        matrix = np.zeros((len(families), version.months))
        matrix[row, column] = table[name].to_numpy(dtype=float)
        sides.append(matrix)
    return Totals(version.start, families, *sides)
