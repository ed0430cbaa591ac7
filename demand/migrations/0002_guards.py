"""What the ORM cannot say: sound vectors, an append-only record of changes, unchangeable versions, a BI view."""

from django.db import migrations

SOUND = """
ALTER TABLE demand_forecastline ADD CONSTRAINT forecast_line_sound CHECK (
    array_position(quantity, NULL) IS NULL
    AND 0 <= ALL (quantity)
    AND 1e12 > ALL (quantity)
    AND array_ndims(quantity) = 1
);
ALTER TABLE demand_layerline ADD CONSTRAINT layer_line_sound CHECK (
    (0 <= ALL (array_remove(quantity, NULL)))
    AND (1e12 > ALL (array_remove(quantity, NULL)))
    AND array_ndims(quantity) = 1
);
ALTER TABLE demand_change ADD CONSTRAINT change_sound CHECK (before < 1e12 AND after >= 0 AND after < 1e12);
"""
UNSOUND = """
ALTER TABLE demand_forecastline DROP CONSTRAINT forecast_line_sound;
ALTER TABLE demand_layerline DROP CONSTRAINT layer_line_sound;
ALTER TABLE demand_change DROP CONSTRAINT change_sound;
"""

LENGTH = """
CREATE FUNCTION demand_forecastline_length() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM fresh JOIN demand_forecastversion v ON v.id = fresh.version_id
        WHERE cardinality(fresh.quantity) <> v.months
    ) THEN
        RAISE EXCEPTION 'a forecast line has another number of months than its version'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER forecastline_length AFTER INSERT ON demand_forecastline
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION demand_forecastline_length();
"""
NO_LENGTH = """
DROP TRIGGER forecastline_length ON demand_forecastline;
DROP FUNCTION demand_forecastline_length();
"""

FIXED = """
CREATE FUNCTION demand_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER change_fixed BEFORE UPDATE OR DELETE ON demand_change
    FOR EACH ROW EXECUTE FUNCTION demand_refuse_change();
CREATE TRIGGER forecastline_fixed BEFORE UPDATE ON demand_forecastline
    FOR EACH ROW EXECUTE FUNCTION demand_refuse_change();
"""
NOT_FIXED = """
DROP TRIGGER change_fixed ON demand_change;
DROP TRIGGER forecastline_fixed ON demand_forecastline;
DROP FUNCTION demand_refuse_change();
"""

VIEW = """
CREATE VIEW bi_company_forecast AS
SELECT to_char(c.month, 'YYYY-MM') AS cycle,
       v.revision,
       (v.start + make_interval(months => (cell.position - 1)::int))::date AS month,
       p.code AS product,
       cu.code AS customer,
       f.code AS family,
       r.code AS region,
       u.username AS rep,
       cell.quantity,
       cell.quantity * cl.price AS revenue
FROM demand_forecastversion v
JOIN cycles_cycle c ON c.id = v.cycle_id
JOIN demand_forecastline fl ON fl.version_id = v.id
JOIN demand_line l ON l.id = fl.line_id
JOIN demand_cycleline cl ON cl.cycle_id = c.id AND cl.line_id = l.id
JOIN masterdata_product p ON p.id = l.product_id
JOIN masterdata_customer cu ON cu.id = l.customer_id
JOIN masterdata_family f ON f.id = cl.family_id
LEFT JOIN masterdata_region r ON r.id = cl.region_id
LEFT JOIN masterdata_person pe ON pe.id = cl.owner_id
LEFT JOIN auth_user u ON u.id = pe.user_id
CROSS JOIN LATERAL unnest(fl.quantity) WITH ORDINALITY AS cell(quantity, position)
WHERE v.stage = 'company_forecast' AND v.state = 'current';
"""


class Migration(migrations.Migration):
    dependencies = [("demand", "0001_initial")]

    operations = [
        migrations.RunSQL(SOUND, UNSOUND),
        migrations.RunSQL(LENGTH, NO_LENGTH),
        migrations.RunSQL(FIXED, NOT_FIXED),
        migrations.RunSQL(VIEW, "DROP VIEW bi_company_forecast;"),
    ]
