"""Emptying the tables is for their owner, and only while they hold a demonstration.

The account that runs the portal may not empty a table. It may call this function, which may, and which asks first
whether the company is a demonstration; that mark only the owner can set.
"""

from django.db import migrations

EMPTIED = """
CREATE FUNCTION demonstration_empty(tables text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM masterdata_company WHERE is_demonstration) THEN
        RAISE EXCEPTION 'only a demonstration is emptied' USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(name), ', ') || ' RESTART IDENTITY CASCADE'
        FROM unnest(tables) AS name
    );
END $$;
REVOKE ALL ON FUNCTION demonstration_empty(text[]) FROM PUBLIC;

CREATE FUNCTION demonstration_marked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RAISE EXCEPTION 'only the owner marks a demonstration' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER company_marked BEFORE UPDATE ON masterdata_company FOR EACH ROW
    WHEN (NEW.is_demonstration AND NOT OLD.is_demonstration) EXECUTE FUNCTION demonstration_marked();
CREATE TRIGGER company_made BEFORE INSERT ON masterdata_company FOR EACH ROW
    WHEN (NEW.is_demonstration) EXECUTE FUNCTION demonstration_marked();
"""
NOT_EMPTIED = """
DROP TRIGGER company_made ON masterdata_company;
DROP TRIGGER company_marked ON masterdata_company;
DROP FUNCTION demonstration_marked();
DROP FUNCTION demonstration_empty(text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("masterdata", "0008_service_and_cover")]

    operations = [migrations.RunSQL(EMPTIED, NOT_EMPTIED)]
