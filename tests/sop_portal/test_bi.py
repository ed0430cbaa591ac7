"""BI: views that agree with the tables, a role that reads them and nothing else, and examples that run."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum

from demand.models import Booking, Stage
from demand.selectors.versions import version_current, version_plan
from jobs.models import Job
from kpis.models import StageAccuracy
from kpis.services.snapshots import accuracy_take
from masterdata.services.keys import SCOPES, key_create
from sop_portal.bi import VIEWS
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.meetings.journey import APPROVED, approved, do_job

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def sql(text: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall()


def test_the_views_agree_with_the_tables(db: None) -> None:
    small_company()
    [(quantity, revenue)] = sql("SELECT sum(quantity), sum(revenue) FROM bi_actuals")
    assert (quantity, revenue) == tuple(Booking.objects.aggregate(q=Sum("qty"), r=Sum("revenue")).values())
    accuracy_take(cycle=past_cycle(date(2026, 8, 1), simulated=False))
    rows = sql("SELECT lag, family, wape, absolute_error, actual FROM bi_accuracy WHERE stage = 'baseline'")
    assert len(rows) == StageAccuracy.objects.filter(stage="baseline").count() > 0
    assert {row[0] for row in rows} == {0, 1, 2}
    assert all(row[2] == pytest.approx(row[3] / row[4]) for row in rows if row[4])
    comments = sql("SELECT obj_description(c::regclass) FROM unnest(ARRAY['bi_actuals','bi_accuracy']) c")
    assert all(comment for (comment,) in comments)


def test_the_reader_reads_the_views_and_nothing_else(
    transactional_db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="--as"):
        call_command("create_bi_reader", "bi_test_reader")
    own = connection.get_connection_params()
    address = f"host={own['host']} dbname={own['dbname']} user=postgres"
    call_command("create_bi_reader", "bi_test_reader", "--as", address)
    password = capsys.readouterr().out.strip()
    try:
        settings = connection.get_connection_params()
        settings |= {"user": "bi_test_reader", "password": password, "options": ""}
        settings.pop("cursor_factory", None)
        reader = psycopg2.connect(**settings)
        reader.autocommit = True
        with reader.cursor() as cursor:
            for view in VIEWS:
                cursor.execute(f"SELECT count(*) FROM {view}")
            cursor.execute("SHOW default_transaction_read_only")
            assert cursor.fetchone() == ("on",)
            cursor.execute("SET default_transaction_read_only = off")
            for refused in (
                "SELECT * FROM masterdata_apikey",
                "SELECT unit_cost FROM masterdata_product",
                "SELECT * FROM demand_forecastline",
                "DELETE FROM demand_booking",
                "CREATE TABLE public.mine (x int)",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(refused)
        reader.close()
        with pytest.raises(CommandError, match="already"):
            call_command("create_bi_reader", "bi_test_reader", "--as", address)
        with pytest.raises(CommandError, match="no name"):
            call_command("create_bi_reader", 'x"; DROP TABLE y')
    finally:
        with closing(psycopg2.connect(address)) as owner, owner, owner.cursor() as cursor:
            cursor.execute("DROP OWNED BY bi_test_reader; DROP ROLE bi_test_reader")


@pytest.fixture
def examples() -> Iterator[Any]:
    sys.path.insert(0, str(EXAMPLES))
    yield importlib.import_module
    sys.path.remove(str(EXAMPLES))


def test_every_example_runs_against_a_real_portal(live_portal: Any, examples: Any, tmp_path: Path) -> None:
    cast: Cast = small_company()
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    key = key_create(person=cast.api_client, scopes=SCOPES, at=APPROVED, days=3650)[1]
    module = examples("portal_client")
    portal = module.Portal(live_portal.url, key=key)
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    assert version is not None
    total = float(version_plan(version).quantity.sum())
    assert sum(row["quantity"] for row in portal.rows("company-forecast", level="line", page_size=100)) == total
    assert portal.get("products") is portal.get("products")  # not sent a second time: 304
    row = {"month": "2026-10", "customer": "NORTH", "product": "ALPHA", "qty": 24}
    assert portal.push("bookings", [row], dry_run=True)["stored"] is False
    assert portal.push("bookings", [row])["stored"] is True
    with pytest.raises(module.Problem) as refused:
        portal.push("bookings", [row | {"product": "ALFA"}])
    assert (refused.value.status, refused.value.errors[0]["pointer"]) == (422, "/rows/0/product")
    # a spreadsheet's CSV
    text = portal.download("company-forecast", tmp_path / "f.csv", level="line", format="csv").read_text()
    assert sum(float(line.rpartition(",")[2]) for line in text.splitlines()[1:]) == total
    table = examples("with_pandas").forecast_and_actuals(portal)
    assert table["quantity"].sum() == total
    assert table["qty"].sum() == Booking.objects.aggregate(total=Sum("qty"))["total"]
    years = examples("with_duckdb").by_year(portal, tmp_path / "f.parquet")
    assert sum(quantity for _, _, quantity in years) == total
    assert {year for _, year, _ in years} == {2026, 2027, 2028}
