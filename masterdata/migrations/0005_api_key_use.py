"""How often a key was used in its latest minute, in a table that is not logged."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("masterdata", "0004_lots_and_fence")]

    operations = [
        migrations.CreateModel(
            name="ApiKeyUse",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to="masterdata.apikey",
                    ),
                ),
                ("minute", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE masterdata_apikeyuse SET UNLOGGED", "ALTER TABLE masterdata_apikeyuse SET LOGGED"
        ),
    ]
