"""What a company with faults in its files sees: the screens of supply say what is missing and where, and go on."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.models import MovedClock
from masterdata.models import Product
from masterdata.selectors import people
from supply.models import Scenario
from supply.selectors.answers import answer_of
from supply.services.planning import supply_plan_build
from tests.company_files import write_business, write_people
from tests.supply.demand_plans import AT, cycle_signed

pytestmark = pytest.mark.django_db
Fault = Callable[[Path], None]
PEAK = {("ALPHA", 2): 40.0}
SCREENS = ("/supply/", "/supply/scenarios/", "/supply/families/", "/supply/family/BIKES/", "/supply/news/")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    MovedClock.objects.create(at=AT)
    for part in ("people", "business"):
        (tmp_path / part).mkdir()
    write_people(tmp_path / "people")
    write_business(tmp_path / "business")
    return tmp_path


def replaced(name: str, before: str, after: str) -> Fault:
    def spoil(folder: Path) -> None:
        file = folder / f"{name}.csv"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    return spoil


def absent(name: str) -> Fault:
    return lambda folder: (folder / f"{name}.csv").unlink()


def imported(folder: Path, fault: Fault) -> Client:
    fault(folder / "business")
    for part in ("people", "business"):
        call_command("import_data", folder / part, stdout=io.StringIO())
    client = Client()
    client.force_login(people().get(user__username="sam").user)
    return client


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


NO_RESOURCE = "No resource is set up, so nothing limits the plan."
NO_CAPACITY = "WELD has no capacity, so nothing is made there. Import resources.csv."
NO_ROUTING = "No hours per unit are known for Alpha, Beta"
NO_STOCK = "Nothing is in stock of Alpha, so only what is made or arrives ships."
NEGATIVE = "Negative stock counts as none: Alpha. Correct it in inventory.csv."
NO_PRICE = "No price is known for Alpha; its cost stands for it. Import products.csv."


@pytest.mark.parametrize(
    ("fault", "review", "scenarios"),
    [
        (replaced("resources", "150,30", "0,0"), NO_CAPACITY, NO_CAPACITY),
        (absent("bill_of_resources"), "No resource has hours per unit, so nothing limits what is made.", NO_ROUTING),
        (replaced("inventory", "ALPHA,30", "ALPHA,0"), NO_STOCK, NO_STOCK),
        (absent("inventory"), "No stock is known before November 2026, so only capacity counts.", "Stock is not known"),
        (replaced("inventory", "ALPHA,30", "ALPHA,-7"), NEGATIVE, NEGATIVE),
        (replaced("products", "ALPHA,Alpha,BIKES,EA,500.0,", "ALPHA,Alpha,BIKES,EA,,"), NO_PRICE, NO_PRICE),
    ],
    ids=["no capacity", "no routing", "zero stock", "no stock", "negative stock", "no price"],
)
def test_a_fault_is_said_with_what_to_do_and_the_rest_works(
    folder: Path, fault: Fault, review: str, scenarios: str
) -> None:
    client = imported(folder, fault)
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    assert review in text(client.get("/supply/"))
    assert scenarios in text(client.get("/supply/scenarios/"))
    check_the_rest_works(client, cycle)


def check_the_rest_works(client: Client, cycle: Cycle) -> None:
    for screen in SCREENS:
        assert client.get(screen).status_code == 200, screen
    answer = answer_of(cycle)
    assert answer is not None
    assert (answer.committed >= 0).all()
    parts = answer.products["code"].isin(["GAMMA", "DELTA"]).to_numpy()
    assert answer.late[parts].sum() == pytest.approx(0)
    page = client.post("/supply/scenarios/new/", {"kind": "nothing", "name": "Try"}, follow=True)
    assert "“Try” is worked out." in text(page)
    assert Scenario.objects.get().result["figures"]["revenue"] > 0
    assert version_current(cycle, Stage.SUPPLY_PLAN) is not None


def test_without_any_resource_it_says_who_can_import_them(folder: Path) -> None:
    def spoil(business: Path) -> None:
        absent("resources")(business)
        absent("bill_of_resources")(business)

    client = imported(folder, spoil)
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    page = text(client.get("/supply/"))
    assert NO_RESOURCE in page
    assert "can import resources.csv" in page
    check_the_rest_works(client, cycle)


def test_products_like_each_other_in_a_circle_are_named_by_the_import_and_nothing_is_loaded(folder: Path) -> None:
    file = folder / "business" / "products.csv"
    rows = file.read_text(encoding="utf-8").splitlines()
    like = {"ALPHA": "BETA", "BETA": "ALPHA"}
    body = [f"{row},{like.get(row.split(',')[0], '')}" for row in rows[1:]]
    file.write_text("\n".join([f"{rows[0]},like_product", *body]), encoding="utf-8")
    call_command("import_data", folder / "people", stdout=io.StringIO())
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_data", folder / "business", stdout=said, stderr=io.StringIO())
    assert "products.csv:2:like_product: " in said.getvalue()
    assert "BETA" in said.getvalue()
    assert not Product.objects.exists()
