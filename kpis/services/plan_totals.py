"""Storing what a finished version adds up to, so that no page adds up its lines."""

from django.db import connection, transaction

from demand.models import ForecastVersion
from kpis.selectors.plan_totals import ADDED_UP

STORE = f"""
INSERT INTO kpis_plantotal (version_id, family_id, units, revenue, margin)
SELECT %s, t.* FROM ({ADDED_UP}) t ON CONFLICT (version_id, family_id) DO NOTHING
"""


@transaction.atomic
def plan_totals_take(*, version: ForecastVersion) -> int:
    """Families stored. A current version never changes, so doing it again stores nothing."""
    with connection.cursor() as cursor:
        cursor.execute(STORE, [version.pk, version.cycle_id, version.pk])
        return cursor.rowcount
