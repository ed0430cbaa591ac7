"""The commands that load, list and make keys, as somebody at a terminal meets them."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from cycles.periods import add_months
from cycles.selectors import current_cycle
from masterdata.models import ApiKey, Company, Family, ImportRun, Person
from masterdata.services.keys import key_find
from sop_portal.clock import now, today
from sop_portal.demonstration.sign_ins import DEMO_PASSWORD, demo_sign_ins
from tests.cast import small_company


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "families.csv").write_text("code,name\nNEW,New\n")
    (tmp_path / "NOTICE.md").write_text("not a table")
    return tmp_path


@pytest.mark.django_db
def test_import_data_tells_counts_and_is_idempotent(folder, capsys):
    call_command("import_data", folder)
    said = capsys.readouterr().out
    assert said.splitlines()[0].split() == ["families", "1", "new", "0", "changed", "0", "unchanged"]
    assert "1 rows checked, 1 written in" in said
    call_command("import_data", folder)
    assert "Nothing is new: all of it was loaded before." in capsys.readouterr().out
    assert Family.objects.count() == 1
    assert ImportRun.objects.count() == 2


@pytest.mark.django_db
def test_import_data_lists_every_fault_and_exits_1(folder, capsys):
    (folder / "regions.csv").write_text("code,name,parent\nA,A,X\nB,B,Y\n")
    (folder / "custmers.csv").write_text("code\n")
    with pytest.raises(SystemExit) as caught:
        call_command("import_data", folder)
    assert caught.value.code == 1
    said = capsys.readouterr()
    assert [line.split(": ")[0] for line in said.out.splitlines()] == [
        "custmers.csv:1:-",
        "regions.csv:2:parent",
        "regions.csv:3:parent",
    ]
    assert "3 faults. Nothing was loaded." in said.err
    assert not Family.objects.exists()


@pytest.mark.django_db
def test_import_data_speaks_json(folder, capsys):
    call_command("import_data", folder, "--json", "--dry-run")
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["dry_run"], told["files"]["families"]["new"]) == (True, True, 1)
    assert not Family.objects.exists()
    (folder / "families.csv").write_text("code,name\n,New\n")
    with pytest.raises(SystemExit):
        call_command("import_data", folder, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["errors"] == [
        {"file": "families.csv", "line": 2, "column": "code", "value": "", "message": "code is empty. It is required."}
    ]


@pytest.mark.django_db
def test_import_data_records_who(folder):
    cast = small_company()
    call_command("import_data", folder, by="lena", verbosity=0)
    assert ImportRun.objects.get().by == cast.leader
    with pytest.raises(CommandError, match="Nobody here is called 'nobody'"):
        call_command("import_data", folder, by="nobody")
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("import_data", folder / "none")


@pytest.mark.django_db
def test_a_key_is_shown_once_and_stored_as_a_hash(capsys):
    small_company()
    call_command("create_api_key", "erp", scopes="forecast:read,cycles:read", name="BI")
    secret = capsys.readouterr().out.strip()
    key = ApiKey.objects.get()
    assert key.scopes == ["forecast:read", "cycles:read"]
    assert secret not in (key.secret_hash, key.prefix)
    assert key_find(secret=secret, at=now()) == key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody", "--scopes", "forecast:read"), "Nobody here is called 'nobody'"),
        (("erp", "--scopes", "world:rule"), "Unknown scope 'world:rule'. Scopes: forecast:read"),
        (("erp", "--scopes", ","), "at least one scope"),
        (("erp", "--scopes", "forecast:read", "--days", "0"), "at least one day"),
    ],
)
def test_a_key_that_cannot_be_made(arguments, says):
    small_company()
    with pytest.raises(CommandError, match=says):
        call_command("create_api_key", *arguments)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_sign_ins_are_for_the_demonstration_only(capsys):
    call_command("sign_ins")
    assert "first_administrator USERNAME" in capsys.readouterr().out
    small_company()
    call_command("sign_ins")
    assert "This is no demonstration" in capsys.readouterr().out


def test_sign_ins_name_every_role_of_the_cycle(demo_company, capsys):
    call_command("sign_ins")
    said = capsys.readouterr().out
    for row in demo_sign_ins():
        assert row["username"] in said
    roles = set(
        Person.objects.filter(user__username__in=[r["username"] for r in demo_sign_ins()]).values_list(
            "role", flat=True
        )
    )
    assert roles >= set(Person.objects.exclude(role="api_client").values_list("role", flat=True))


@pytest.mark.django_db
def test_load_demo_moves_the_company_to_today_once_and_opens_its_cycle(capsys):
    call_command("load_demo")
    company = Company.objects.get()
    assert company.is_demonstration
    assert company.months_shifted > 0
    assert company.last_closed_month == add_months(today(), -1)
    linda = User.objects.get(username="linda-mitchell")
    assert linda.check_password(DEMO_PASSWORD)
    assert current_cycle().month == add_months(company.last_closed_month, 1)
    runs = ImportRun.objects.count()
    call_command("load_demo")
    assert "is loaded already" in capsys.readouterr().out
    assert ImportRun.objects.count() == runs


@pytest.mark.django_db
def test_load_demo_leaves_another_company_alone():
    small_company()
    with pytest.raises(CommandError, match="This database holds Small Company"):
        call_command("load_demo")
    assert Company.objects.get().name == "Small Company"
