"""Small folders into the database: all or nothing, updates, references among new rows, history."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from jobs.errors import Refused
from masterdata.bundles import ImportFile
from masterdata.importers import IMPORTERS, SALES
from masterdata.models import Company, Customer, Family, ImportRun, Person, Product, Region, RowChange
from masterdata.roles import SALES_ROLES
from masterdata.services.imports import ImportResult, files_import
from tests.cast import small_company
from tests.masterdata.workbook_files import workbook

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


def load(dry_run: bool = False, by: Person | None = None, **texts: str) -> ImportResult:
    """`load(families="code,name\\nA,x")` as if the folder held families.csv."""
    files = [ImportFile(f"{name}.csv", text.encode()) for name, text in texts.items()]
    return files_import(files=files, importers=IMPORTERS, source="test", by=by, at=AT, dry_run=dry_run)


def faults(**texts: str) -> list[str]:
    result = load(**texts)
    assert not ImportRun.objects.exists()
    assert result.files == {}
    return [str(error) for error in result.errors]


FAMILIES = "code,name,group\nBIKES,Bikes,Bicycles\n"


# --- It works ---------------------------------------------------------------------


def test_rows_refer_to_rows_that_stand_further_down_or_in_other_files():
    result = load(
        products="code,name,family,like_product,plan_as\nD,Detail,BIKES,,A\nB,Successor,BIKES,A,\nA,First,BIKES,,\n",
        families=FAMILIES,
    )
    assert result.ok
    detail = Product.objects.get(code="D")
    assert detail.plan_as.code == "A"
    assert Product.objects.get(code="B").like_product == detail.plan_as
    assert detail.family == Family.objects.get(code="BIKES")


def test_new_rows_may_refer_to_stored_ones_and_the_other_way_round():
    cast = small_company()
    result = load(products="code,family,plan_as\nALPHA-RED,BIKES,ALPHA\nALPHA,BIKES,\n")
    assert result.ok
    assert Product.objects.get(code="ALPHA-RED").plan_as == cast.products["ALPHA"]


def test_an_update_writes_down_before_and_after():
    load(families=FAMILIES)
    result = load(families="code,name,group\nBIKES,Bicycles,Bicycles\nPARTS,Parts,\n")
    assert result.files["families"].as_dict() == {"rows": 2, "new": 1, "changed": 1, "unchanged": 0}
    change = RowChange.objects.get(run=result.run, key="BIKES")
    assert change.before == {"code": "BIKES", "name": "Bikes", "group": "Bicycles"}
    assert change.after["name"] == "Bicycles"
    assert RowChange.objects.get(run=result.run, key="PARTS").before is None


def test_a_missing_column_counts_as_empty():
    load(families=FAMILIES)
    load(families="code\nBIKES\n")
    family = Family.objects.get()
    assert (family.name, family.group) == ("BIKES", "")


def test_a_class_of_customers_and_targets_of_products_are_read_and_go_when_left_out():
    assert load(
        families=FAMILIES,
        products="code,family,service_target,cover_months\nA,BIKES,97.5,1.5\n",
        customers="code,name,class\n007,Caf\u00e9,2\n",
    ).ok
    assert Customer.objects.get(code="007").priority == 2
    product = Product.objects.get(code="A")
    assert (product.service_target, product.cover_months) == (97.5, 1.5)
    assert load(customers="code,name\n007,Caf\u00e9\n").ok
    assert Customer.objects.get(code="007").priority is None
    said = " ".join(
        str(error)
        for error in load(
            products="code,family,service_target,cover_months\nA,BIKES,100,-1\n", customers="code,class\n007,4\n"
        ).errors
    )
    assert all(column in said for column in ("service_target", "cover_months", "class"))


def test_a_workbook_does_as_well():
    data = workbook([["code", "name"], ["BIKES", "Bikes"]])
    result = files_import(files=[ImportFile("families.xlsx", data)], importers=IMPORTERS, source="x", by=None, at=AT)
    assert result.ok
    assert Family.objects.get().name == "Bikes"


def test_company_settings_change_one_by_one():
    load(company="key,value\nname,Acme\ncurrency,EUR\nlast_closed_month,2026-10\n")
    result = load(company="key,value\nlast_closed_month,2026-11\n")
    company = Company.objects.get()
    assert (company.name, company.currency, company.last_closed_month) == ("Acme", "EUR", date(2026, 11, 1))
    assert result.files["company"].as_dict() == {"rows": 1, "new": 0, "changed": 1, "unchanged": 0}
    change = RowChange.objects.filter(run=result.run).get()
    assert (change.before["last_closed_month"], change.after["last_closed_month"]) == ("2026-10-01", "2026-11-01")


def test_people_move_role_manager_and_group():
    load(people="username,name,role,reports_to\nann,Ann,executive,\nbob,Bob,sales_rep,ann\n")
    User.objects.filter(username="bob").update(password="kept")
    result = load(people="username,name,email,role,reports_to\nbob,Robert,b@x.example,sales_manager,ann\n")
    bob = Person.objects.get(user__username="bob")
    assert (bob.role, bob.name, bob.user.email) == ("sales_manager", "Robert", "b@x.example")
    assert list(bob.user.groups.values_list("name", flat=True)) == ["sales_manager"]
    assert bob.user.password == "kept"
    assert result.files["people"].as_dict() == {"rows": 1, "new": 0, "changed": 1, "unchanged": 0}


def test_a_person_whose_mail_alone_changes_has_changed():
    load(people="username,role\nann,executive\n")
    result = load(people="username,email,role\nann,ann@x.example,executive\n")
    assert result.files["people"].changed == 1


def test_owner_from_may_be_a_day_or_a_month():
    cast = small_company()
    load(customers="code,owner,owner_from\nNORTH,rob,2026-11-15\nSOUTH,rob,2026-11\n")
    assert Customer.objects.get(code="NORTH").owner_from == date(2026, 11, 15)
    assert Customer.objects.get(code="SOUTH").owner_from == date(2026, 11, 1)
    assert Customer.objects.get(code="SOUTH").owner == cast.other_rep


def test_who_imported_is_recorded():
    cast = small_company()
    result = load(by=cast.leader, families="code,name\nNEW,New\n")
    run = ImportRun.objects.get(pk=result.run)
    assert (run.by, run.rows, run.new) == (cast.leader, 1, 1)
    assert RowChange.objects.get(run=run).by == cast.leader


def test_a_region_tree():
    load(regions="code,name,parent\nSOUTH,South,WORLD\nWORLD,World,\n")
    assert Region.objects.get(code="SOUTH").parent.code == "WORLD"


def test_the_words_for_sales_are_the_roles_of_sales():
    assert set(SALES) == SALES_ROLES


# --- It refuses -------------------------------------------------------------------


def test_one_fault_keeps_everything_out():
    assert faults(families=FAMILIES, regions="code,parent\nA,NOWHERE\n") == [
        "regions.csv:2:parent: 'NOWHERE' is an unknown region. It must stand in regions.csv or be loaded already."
    ]
    assert not Family.objects.exists()


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"company": "key,value\ncolour,blue\n"}, "company.csv:2:key: 'colour' is no setting"),
        ({"company": "key,value\nhorizon_months,30\n"}, "company.csv:2:value: 30 is above 24"),
        ({"company": "key,value\nname,A\nname,B\n"}, "company.csv:3:key: name stands on line 2 already"),
        ({"people": "username,role,reports_to\na,executive,b\nb,executive,a\n"}, "a → b → a is a circle"),
        ({"people": "username,role\na,executive\nb,executive\n"}, "a, b are executives who report to nobody"),
        (
            {"people": "username,role\na,finance\n", "customers": "code,owner\nC,a\n"},
            "customers.csv:2:owner: a is not in Sales",
        ),
        ({"families": FAMILIES, "products": "code,family,like_share\nA,BIKES,0.5\n"}, "needs a like_product"),
        (
            {"families": FAMILIES, "products": "code,family,launch_month,phase_out_month\nA,BIKES,2026-02,2026-01\n"},
            "products.csv:2:phase_out_month: phase_out_month lies before launch_month",
        ),
        (
            {"families": FAMILIES, "products": "code,family,plan_as\nA,BIKES,B\nB,BIKES,C\nC,BIKES,\n"},
            "products.csv:2:plan_as: B is itself planned as C",
        ),
        ({"exchange_rates": "month,currency,rate\n2026-01,EUR,0\n"}, "rate: 0 is not above 0"),
        ({"families": "name,group\nBikes,B\n"}, "families.csv:1:code: The column 'code' is missing"),
    ],
)
def test_meaning_is_checked(texts, says):
    found = faults(**texts)
    assert any(says in fault for fault in found), found


def test_a_file_that_cannot_be_read_does_not_make_its_codes_unknown():
    found = faults(families='code,name\n"BIKES,x\n', products="code,family\nA,BIKES\n")
    assert len(found) == 1
    assert found[0].startswith("families.csv:2:-: A quote")


def test_a_dry_run_leaves_nothing():
    result = load(dry_run=True, families=FAMILIES)
    assert result.files["families"].new == 1
    assert not Family.objects.exists()
    assert not ImportRun.objects.exists()


def test_what_the_database_refuses_is_told(monkeypatch):
    def refuse(**given):
        raise IntegrityError("duplicate key value\nDETAIL: more")

    monkeypatch.setattr("masterdata.services.imports.rows_store", refuse)
    with pytest.raises(Refused, match=r"Nothing was loaded: the database refused a row \(duplicate key value\)"):
        load(families=FAMILIES)


def test_what_runs_after_belongs_to_the_same_transaction():
    def fail():
        raise Refused("no", "No.")

    files = [ImportFile("families.csv", FAMILIES.encode())]
    with pytest.raises(Refused, match="No"):
        files_import(files=files, importers=IMPORTERS, source="x", by=None, at=AT, after=fail)
    assert not Family.objects.exists()
