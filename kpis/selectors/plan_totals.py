"""A finished version by family and month, in units and money: as stored when it was finished, else added up."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection

from cycles.periods import months_between
from demand.matrices import Matrix
from demand.models import ForecastVersion, Stage, VersionState
from kpis.models import PlanTotal

ADDED_UP = """
SELECT family_id, array_agg(units ORDER BY position), array_agg(revenue ORDER BY position),
       array_agg(margin ORDER BY position)
FROM (
  SELECT cl.family_id, cell.position, sum(cell.value) AS units, sum(cell.value * cl.price) AS revenue,
         sum(cell.value * (cl.price - cl.unit_cost)) AS margin
  FROM demand_forecastline f
  JOIN demand_cycleline cl ON cl.cycle_id = %s AND cl.line_id = f.line_id
  CROSS JOIN LATERAL unnest(f.quantity) WITH ORDINALITY AS cell(value, position)
  WHERE f.version_id = %s GROUP BY 1, 2
) by_month GROUP BY 1
"""
SHOWN = """
SELECT fa.code, fa.name, t.units, t.revenue, t.margin FROM ({totals}) t(family, units, revenue, margin)
JOIN masterdata_family fa ON fa.id = t.family ORDER BY fa.code
"""
IN_FORCE = {"stage": Stage.COMPANY_FORECAST, "state": VersionState.CURRENT}
STORED = "SELECT family_id, units, revenue, margin FROM kpis_plantotal WHERE version_id = %s"


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
    """What is stored of a version; added up by the database where nothing is stored yet."""
    with connection.cursor() as cursor:
        cursor.execute(SHOWN.format(totals=STORED), [version.pk])
        rows = cursor.fetchall()
        if not rows:
            cursor.execute(SHOWN.format(totals=ADDED_UP), [version.cycle_id, version.pk])
            rows = cursor.fetchall()
    sides = [np.array([row[i] for row in rows], dtype=float).reshape(len(rows), version.months) for i in (2, 3, 4)]
    return Totals(version.start, [(code, name) for code, name, *_ in rows], *sides)


def totals_missing() -> list[ForecastVersion]:
    """Company forecasts in force in their cycle whose totals are not stored."""
    known = PlanTotal.objects.values("version")
    return list(ForecastVersion.objects.filter(**IN_FORCE).exclude(pk__in=known).filter(rows__isnull=False).distinct())
