"""A view for BI: how far every stage was off, by level, never by person."""

from django.db import migrations

ACCURACY = """
CREATE VIEW bi_accuracy AS
SELECT to_char(c.month, 'YYYY-MM') AS cycle,
       a.stage,
       a.month,
       ((extract(year FROM a.month) - extract(year FROM c.month)) * 12
        + extract(month FROM a.month) - extract(month FROM c.month))::int AS lag,
       a.level,
       a.key AS family,
       a.absolute_error,
       a.signed_error,
       a.actual,
       a.n AS cells,
       CASE WHEN a.actual > 0 THEN a.absolute_error / a.actual END AS wape,
       CASE WHEN a.actual > 0 THEN a.signed_error / a.actual END AS bias
FROM kpis_stageaccuracy a
JOIN cycles_cycle c ON c.id = a.cycle_id;
COMMENT ON VIEW bi_accuracy IS
    'Errors of every stage of every cycle for closed months, as sums that pool over rows and as WAPE and bias.';
"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0005_measured_revision"), ("cycles", "0001_initial")]

    operations = [migrations.RunSQL(ACCURACY, "DROP VIEW bi_accuracy;")]
