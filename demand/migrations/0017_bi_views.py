"""Views for BI beside the company forecast: what was booked, in the same long form."""

from django.db import migrations

ACTUALS = """
CREATE VIEW bi_actuals AS
SELECT b.month,
       p.code AS product,
       cu.code AS customer,
       f.code AS family,
       r.code AS region,
       b.qty AS quantity,
       b.revenue
FROM demand_booking b
JOIN masterdata_product p ON p.id = b.product_id
JOIN masterdata_customer cu ON cu.id = b.customer_id
JOIN masterdata_family f ON f.id = p.family_id
LEFT JOIN masterdata_region r ON r.id = cu.region_id;
COMMENT ON VIEW bi_actuals IS 'What was booked by month, customer and product; returns are negative.';
COMMENT ON VIEW bi_company_forecast IS 'The published company forecast of every cycle: one row per line and month.';
"""


class Migration(migrations.Migration):
    dependencies = [("demand", "0016_change_seals"), ("masterdata", "0001_initial")]

    operations = [migrations.RunSQL(ACTUALS, "DROP VIEW bi_actuals;")]
