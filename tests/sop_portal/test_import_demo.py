"""The demonstration through the ordinary importer: totals, identities, twice, ten faults."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Count, Sum

from demand.models import Booking, Line, OrderLine, Reason, SalesInput, Shipment
from masterdata.bundles import ImportFile
from masterdata.models import Company, Customer, ImportRun, Person, Product, RowChange
from masterdata.roles import SALES_ROLES, Role
from masterdata.services.imports import ImportResult, folder_files
from sop_portal.demonstration.loading import FOLDER, demonstration_files
from sop_portal.imports import IMPORTERS, import_files
from supply.models import Inventory

AT = datetime(2020, 6, 2, 9, tzinfo=UTC)


def load(files: list[ImportFile], **options: object) -> ImportResult:
    return import_files(files=files, source="test", by=None, at=AT, **options)


def rows_of(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


# --- What is in it ----------------------------------------------------------------


def test_totals_are_kept(demo_company):
    totals = Booking.objects.aggregate(rows=Count("id"), units=Sum("qty"), money=Sum("revenue"))
    assert totals["rows"] == 57_830
    assert totals["units"] == 204_114
    assert round(totals["money"], 2) == 77_548_570.20


def test_every_booked_pair_is_a_planning_line(demo_company):
    booked = rows_of(
        "SELECT DISTINCT COALESCE(p.plan_as_id, p.id), COALESCE(c.plan_as_id, c.id) FROM demand_booking b"
        " JOIN masterdata_product p ON p.id = b.product_id JOIN masterdata_customer c ON c.id = b.customer_id"
    )
    lines = set(Line.objects.values_list("product", "customer"))
    assert len(booked) == 2_655
    assert set(booked) <= lines


def test_the_coming_product_has_the_lines_of_the_one_it_is_like(demo_company):
    coming = set(Line.objects.filter(product__code="TOURING-2500").values_list("customer", flat=True))
    model = set(Line.objects.filter(product__code="TOURING-2000").values_list("customer", flat=True))
    assert coming == model
    assert Line.objects.count() == 2_655 + len(coming)


def test_bookings_less_shipments_are_the_open_order_lines_of_every_product(demo_company):
    differences = rows_of(
        """SELECT p.code, COALESCE(b.qty, 0) - COALESCE(s.qty, 0) - COALESCE(o.qty, 0) FROM masterdata_product p
        LEFT JOIN (SELECT product_id, sum(qty) qty FROM demand_booking GROUP BY 1) b ON b.product_id = p.id
        LEFT JOIN (SELECT product_id, sum(qty) qty FROM demand_shipment GROUP BY 1) s ON s.product_id = p.id
        LEFT JOIN (SELECT product_id, sum(qty) qty FROM demand_orderline WHERE shipped_on IS NULL GROUP BY 1) o
        ON o.product_id = p.id"""
    )
    assert [row for row in differences if row[1]] == []
    still_open = OrderLine.objects.filter(shipped_on=None)
    assert still_open.aggregate(Sum("qty"))["qty__sum"] == 2_560
    assert still_open.filter(promised_on__lt=datetime(2020, 6, 1, tzinfo=UTC).date()).count() == 40


def test_stock_is_stock_before_and_receipts_less_shipments(demo_company):
    wrong = rows_of(
        """WITH shipped AS (
            SELECT product_id, month, sum(qty) qty FROM demand_shipment GROUP BY 1, 2
        ), stock AS (
            SELECT product_id, date_trunc('month', as_of)::date AS month, on_hand,
                   lag(on_hand) OVER (PARTITION BY product_id ORDER BY as_of) AS before FROM supply_inventory
        )
        SELECT stock.product_id, stock.month FROM stock
        LEFT JOIN supply_receipt r ON r.product_id = stock.product_id AND r.month = stock.month
        LEFT JOIN shipped s ON s.product_id = stock.product_id AND s.month = stock.month
        WHERE before IS NOT NULL AND on_hand <> before + COALESCE(r.qty, 0) - COALESCE(s.qty, 0)"""
    )
    assert Inventory.objects.count() == 2_873
    assert wrong == []


def test_people_become_users_in_the_group_of_their_role(demo_company):
    assert User.objects.count() == Person.objects.count() == 29
    jose = User.objects.get(username="jose-saraiva")
    assert (jose.first_name, jose.email) == ("José Saraiva", "jose-saraiva@adventure-works.example")
    assert not jose.has_usable_password()
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)
    assert all(person.user.groups.get().name == person.role for person in Person.objects.select_related("user"))
    assert Person.objects.get(user__username="ceo").reports_to is None


def test_owners_sell_and_inactive_customers_have_none(demo_company):
    assert Customer.objects.filter(owner=None, region=None).count() == 69
    assert set(Customer.objects.exclude(owner=None).values_list("owner__role", flat=True)) <= SALES_ROLES


def test_settings_and_references_arrive(demo_company):
    company = Company.objects.get()
    assert (company.fiscal_year_start_month, company.timezone) == (7, "America/Los_Angeles")
    assert company.last_closed_month.isoformat() == "2020-05-01"
    product = Product.objects.get(code="TOURING-2500")
    assert (product.like_product.code, product.like_share, product.plan_as) == ("TOURING-2000", 1.0, None)
    assert set(SalesInput.objects.values_list("reason", flat=True)) <= set(Reason.values)


def test_every_row_has_its_history(demo_company):
    run = ImportRun.objects.get()
    assert run.rows == sum(file["new"] for file in run.files.values()) == 102_521
    change = RowChange.objects.filter(table="demand_booking", key="2017-07 RS0017 BK-M82B-38").get()
    assert change.before is None
    assert (change.after["qty"], change.after["revenue"]) == (3, 6074.97)
    assert not RowChange.objects.filter(table="auth_user", after__has_key="password").exists()


# --- Again, and a little different ------------------------------------------------


def test_twice_changes_nothing_and_says_so(demo_company):
    before = RowChange.objects.count()
    result = load(demonstration_files())
    assert result.ok
    assert result.written == 0
    assert all(counts.unchanged == counts.rows for counts in result.files.values())
    assert RowChange.objects.count() == before
    assert ImportRun.objects.count() == 2
    assert len(set(ImportRun.objects.values_list("content_hash", flat=True))) == 1


def test_a_newer_file_updates_only_what_differs(demo_company):
    bookings = (FOLDER / "bookings.csv").read_bytes()
    changed = bookings.replace(b"2017-07,RS0017,BK-M82B-38,3,6074.97", b"2017-07,RS0017,BK-M82B-38,4,8099.96")
    result = load([ImportFile("bookings.csv", changed + b"2020-06,RS0017,BK-M82B-38,-1,-2024.99\n")])
    assert result.files["bookings"].as_dict() == {"rows": 57_831, "new": 1, "changed": 1, "unchanged": 57_829}
    change = RowChange.objects.filter(run=result.run, before__isnull=False).get()
    assert (change.before["qty"], change.after["qty"]) == (3, 4)
    assert Booking.objects.get(month="2020-06-01").qty == -1


def test_a_dry_run_counts_and_writes_nothing(demo_company):
    Booking.objects.filter(month="2020-05-01").delete()
    runs = ImportRun.objects.count()
    result = load(demonstration_files(), dry_run=True)
    assert result.files["bookings"].new > 0
    assert not Booking.objects.filter(month="2020-05-01").exists()
    assert ImportRun.objects.count() == runs


# --- Ten faults -------------------------------------------------------------------

TEN = {
    "bookings.csv": ("2017-07,RS0017,BK-M82B-42,2,4049.98", '2017-07,RS0017,BK-M82B-42,"2,5",4049.98', 3, "qty"),
    "budget.csv": ("2019-08,michael-blythe,291200.0", "2019-08-01,michael-blythe,291200.0", 3, "month"),
    "customers.csv": (",stephen-jiang,2017-07,", ",marketing,2017-07,", 2, "owner"),
    "families.csv": ("code,name,group", "code,name,grup", 1, "grup"),
    "inventory.csv": ("2019-06-30,BB-7421", "2019-06-31,BB-7421", 3, "as_of"),
    "order_lines.csv": ("BK-R50B-58,12,", "BK-R50B-58,NaN,", 3, "qty"),
    "people.csv": ("leader@adventure-works.example,sop_leader", "leader@adventure-works.example,boss", 4, "role"),
    "regions.csv": ("PACIFIC,Pacific,", "PACIFIC,Pacific,AUSTRALIA", 4, "parent"),
    "resources.csv": ("WC10,Frame Forming,hour,416", "WC10,Frame Forming,hour,1e309", 2, "regular_capacity"),
    "receipts.csv": ("2019-06,BB-7421,8", "2019-06,BB-0000,8", 2, "product"),
}


@pytest.fixture
def faulty_folder(tmp_path: Path) -> Path:
    folder = shutil.copytree(FOLDER, tmp_path / "faulty")
    for name, (right, wrong, _, _) in TEN.items():
        text = (folder / name).read_text()
        assert right in text
        (folder / name).write_text(text.replace(right, wrong, 1))
    return folder


@pytest.mark.django_db
def test_ten_faults_are_all_reported_and_nothing_is_loaded(faulty_folder):
    result = load(folder_files(faulty_folder))
    found = {(error.file, error.line, error.column) for error in result.errors}
    for name, (_, _, line, column) in TEN.items():
        assert any(file == name and at == line and column in where for file, at, where in found), name
    assert {error.file for error in result.errors} == set(TEN)
    assert not Company.objects.exists()
    assert not Booking.objects.exists()
    assert not ImportRun.objects.exists()
    assert not User.objects.exists()


def test_tables_columns_and_words_are_those_of_the_models():
    """The importers name tables and columns as text, so that they stay free of models; here both are compared."""
    from django.apps import apps

    models = {model._meta.db_table: model for model in apps.get_models()}
    for importer in IMPORTERS:
        if importer.store:
            continue
        columns = {field.column for field in models[importer.table]._meta.concrete_fields}
        named = {importer.database_column(name) for name in importer.spec.names} | set(importer.constants)
        assert named <= columns, importer.table
        for column in importer.spec.columns:
            field = models[importer.table]._meta.get_field(importer.renamed.get(column.name, column.name))
            words = [value for value, _ in field.choices or []]
            assert not words or set(column.choices.values()) == set(words), f"{importer.table}.{column.name}"
            if field.max_length and column.kind.value in ("code", "text"):
                assert column.length <= field.max_length, f"{importer.table}.{column.name}"


def test_shipments_of_the_demonstration_balance_in_money(demo_company):
    shipped, booked = (model.objects.aggregate(money=Sum("revenue"))["money"] for model in (Shipment, Booking))
    still_open = OrderLine.objects.filter(shipped_on=None).aggregate(money=Sum("revenue"))["money"]
    assert round(booked - shipped, 2) == round(still_open, 2)
