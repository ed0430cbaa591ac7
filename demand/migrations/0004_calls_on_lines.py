"""A call may speak of a line, and says which month it spoke of."""

import django.db.models.deletion
from django.db import migrations, models

# what an earlier call spoke of: the month its order or opportunity stood in, the cycle's own when that had passed
MONTHS = """
UPDATE demand_ordercall k
SET month = greatest(c.month, date_trunc('month', coalesce(
    (SELECT coalesce(o.promised_on, o.requested_on, o.ordered_on) FROM demand_orderline o WHERE o.id = k.order_line_id),
    (SELECT q.expected_month FROM demand_opportunity q WHERE q.id = k.opportunity_id)
))::date)
FROM cycles_cycle c WHERE c.id = k.cycle_id
"""


class Migration(migrations.Migration):
    dependencies = [("demand", "0003_said_to")]

    operations = [
        migrations.AddField(
            model_name="ordercall",
            name="line",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="calls",
                to="demand.line",
            ),
        ),
        migrations.AddField(model_name="ordercall", name="month", field=models.DateField(null=True)),
        migrations.RunSQL(MONTHS, migrations.RunSQL.noop),
        migrations.AlterField(model_name="ordercall", name="month", field=models.DateField()),
        migrations.RemoveConstraint(model_name="ordercall", name="order_call_one_subject"),
        migrations.AddConstraint(
            model_name="ordercall",
            constraint=models.CheckConstraint(
                condition=models.Q(order_line__isnull=False, opportunity=None, line=None)
                | models.Q(order_line=None, opportunity__isnull=False, line=None)
                | models.Q(order_line=None, opportunity=None, line__isnull=False),
                name="order_call_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="ordercall",
            constraint=models.CheckConstraint(condition=models.Q(month__day=1), name="order_call_month_first"),
        ),
    ]
