"""Seals over the record of changes; append-only as the record itself."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cycles", "0002_answered_by_and_barrier_asked"), ("demand", "0015_assumption_line")]

    operations = [
        migrations.CreateModel(
            name="ChangeSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("last_change", models.BigIntegerField()),
                ("changes", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("head", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "cycle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seals", to="cycles.cycle"
                    ),
                ),
            ],
            options={
                "ordering": ["cycle_id", "number"],
                "constraints": [models.UniqueConstraint(fields=("cycle", "number"), name="change_seal_once")],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER changeseal_fixed BEFORE UPDATE OR DELETE ON demand_changeseal"
            " FOR EACH ROW EXECUTE FUNCTION demand_refuse_change();",
            "DROP TRIGGER changeseal_fixed ON demand_changeseal;",
        ),
    ]
