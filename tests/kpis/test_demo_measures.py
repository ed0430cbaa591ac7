"""Measures of three months of the demonstration company, worked out again in pandas straight from its files."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cycles.periods import add_months
from kpis.models import Snapshot
from kpis.services.snapshots import measures_take
from masterdata.models import Company
from sop_portal.demonstration.loading import FOLDER
from tests.demo import DEMO_NOW

MONTHS = [date(2020, 3, 1), date(2020, 4, 1), date(2020, 5, 1)]
KEY = ["customer", "product", "ordered_on", "requested_on"]


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", dtype={"customer": str, "product": str, "code": str})


@pytest.fixture(scope="module")
def files() -> dict[str, pd.DataFrame]:
    names = ("bookings", "order_lines", "quality", "shipments", "inventory", "products", "customers", "budget")
    names += ("families", "bill_of_resources", "resources")
    found = {name: table(name) for name in names}
    products = found["products"].set_index("code")
    customers = found["customers"].set_index("code")
    planned = customers["plan_as"].where(customers["plan_as"].notna(), customers.index.to_series())
    group = found["families"].set_index("code")["group"]
    found["quality"]["group"] = found["quality"]["family"].map(group)
    for name in ("bookings", "order_lines", "shipments", "inventory"):
        rows = found[name]
        rows["family"] = rows["product"].map(products["family"])
        rows["cost"] = rows["product"].map(products["unit_cost"]).fillna(0.0)
        rows["group"] = rows["family"].map(group)
        if "customer" in rows:
            rows["region"] = rows["customer"].map(customers["region"])
            rows["planned"] = rows["customer"].map(planned)
    for column in ("ordered_on", "requested_on", "promised_on", "shipped_on"):
        found["order_lines"][column] = pd.to_datetime(found["order_lines"][column])
    return found


@pytest.fixture
def measured(demo_company: Company) -> Company:
    measures_take(months=MONTHS, at=DEMO_NOW)
    return demo_company


def part(rows: pd.DataFrame, level: str, key: str) -> pd.DataFrame:
    column = "planned" if level == "customer" else level
    return rows if level == "company" else rows[rows[column] == key]


def sold(files: dict[str, pd.DataFrame], month: date, level: str, key: str) -> dict[str, float]:
    rows = part(files["bookings"], level, key)
    rows = rows[rows["month"] == f"{month:%Y-%m}"]
    if rows.empty:
        return {}
    cost = float((rows["qty"] * rows["cost"]).sum())
    revenue = float(rows["revenue"].sum())
    share = (revenue - cost) / revenue if revenue > 0 else np.nan
    told = {"units_sold": float(rows["qty"].sum()), "revenue": revenue}
    return told | {"cost_of_sales": cost, "margin": revenue - cost, "margin_share": share}


def served(files: dict[str, pd.DataFrame], month: date, level: str, key: str) -> dict[str, float]:
    """Whole lines are what one customer ordered of one product on one day for one day."""
    first, end = pd.Timestamp(month), pd.Timestamp(add_months(month, 1))
    last = end - pd.Timedelta(days=1)
    rows = part(files["order_lines"], level, key)
    rows = rows[rows["ordered_on"] < pd.Timestamp(add_months(MONTHS[-1], 1))]
    due = {name: rows[(rows[name] >= first) & (rows[name] < end)] for name in ("requested_on", "promised_on")}
    if due["requested_on"].empty:
        return {}
    asked = on_time = units = first_units = complete = 0.0
    late: list[float] = []
    for (*_, requested), line in due["requested_on"].groupby(KEY):
        is_open = line["shipped_on"].isna().any()
        done = None if is_open else line["shipped_on"].max()
        wanted, got = line["qty"].sum(), line["shipped_qty"].fillna(0).sum()
        at_once = line.loc[line["shipped_on"] == line["shipped_on"].min(), "shipped_qty"].fillna(0).sum()
        asked += 1
        on_time += done is not None and done <= last and done <= requested and got >= wanted - 1e-9
        units += wanted
        first_units += min(at_once, wanted)
        complete += at_once >= wanted - 1e-9
        ended = last if done is None or done > last else done
        late += [(ended - requested).days] if ended > requested else []
    told = {
        "otif_request": on_time / asked,
        "unit_fill_rate": first_units / units,
        "line_fill": complete / asked,
    }
    if late:
        told |= {"delay_median": float(np.median(late)), "delay_p90": float(np.percentile(late, 90))}
    told |= whole_lines_again(rows, first, end)
    known = rows[rows["ordered_on"] <= last]
    waiting = known[(known["shipped_on"].isna() | (known["shipped_on"] > last)) & (known["requested_on"] < last)]
    return told | {"past_due_units": float(waiting["qty"].sum()), "past_due_money": float(waiting["revenue"].sum())}


def whole_lines_again(rows: pd.DataFrame, first: pd.Timestamp, end: pd.Timestamp) -> dict[str, float]:
    """On time against the earliest promise, and the days of what was completed in the month."""
    met = asked = 0
    days: list[int] = []
    for (_, _, ordered, _), line in rows.groupby(KEY, dropna=False):
        done = None if line["shipped_on"].isna().any() else line["shipped_on"].max()
        promise = line["promised_on"].min()
        if done is not None and first <= done < end:
            days.append((done - ordered).days)
        if first <= promise < end:
            asked += 1
            full = line["shipped_qty"].fillna(0).sum() >= line["qty"].sum() - 1e-9
            met += done is not None and done <= promise and full
    told = {"otif_promise": met / asked} if asked else {}
    return told | ({"order_cycle_time": float(np.median(days))} if days else {})


def kept(files: dict[str, pd.DataFrame], month: date, level: str, key: str) -> dict[str, float]:
    if level in ("region", "customer"):
        return {}
    last = pd.Timestamp(add_months(month, 1)) - pd.Timedelta(days=1)
    rows = part(files["inventory"], level, key)
    rows = rows[rows["as_of"] == f"{last:%Y-%m-%d}"]
    told = {} if rows.empty else {"holding_cost": float((rows["on_hand"] * rows["cost"]).sum() * 0.18 / 12)}
    safe = rows[rows["safety_stock"] > 0]
    told |= {"below_safety": float((safe["on_hand"] < safe["safety_stock"]).mean())} if len(safe) else {}
    quality = part(files["quality"], level, key)
    quality = quality[quality["month"] == f"{month:%Y-%m}"]
    scores = quality["satisfaction"].dropna()
    told |= {"satisfaction": float(scores.mean())} if len(scores) else {}
    shipped = part(files["shipments"], level, key)
    shipped_units = shipped.loc[shipped["month"] == f"{month:%Y-%m}", "qty"].sum()
    if len(quality) and shipped_units > 0:
        told |= {
            "return_rate": quality["returned_qty"].sum() / shipped_units,
            "complaint_rate": quality["complaints"].sum() / shipped_units,
        }
    return told


@pytest.mark.parametrize("level", ["company", "family", "group", "region", "customer"])
def test_measures_equal_the_files(measured: Company, files: dict[str, pd.DataFrame], level: str) -> None:
    rows = Snapshot.objects.filter(level=level, month__in=MONTHS, value__isnull=False)
    stored = {(row.month, row.key, row.measure): row.value for row in rows}
    keys = sorted({key for _, key, _ in stored})[:: 24 if level == "customer" else 1]
    assert len(keys) == {"company": 1}.get(level, len(keys)) > 0
    compared: dict[str, int] = {}
    for month in MONTHS:
        for key in keys:
            for made in (sold, served, kept):
                for measure, value in made(files, month, level, key).items():
                    if np.isnan(value):
                        assert (month, key, measure) not in stored
                        continue
                    assert stored[month, key, measure] == pytest.approx(value, rel=1e-9, abs=1e-9), (
                        month,
                        key,
                        measure,
                    )
                    compared[measure] = compared.get(measure, 0) + 1
    assert compared["revenue"] >= 3
    assert compared["otif_request"] >= 3
    assert set(compared) >= {"units_sold", "line_fill", "delay_median", "past_due_money", "margin"}
    assert set(compared) >= {"otif_promise", "order_cycle_time"}
    if level == "company":
        missing = {measure for _, _, measure in stored} - set(compared)
        assert missing <= {"gap_to_budget", "inventory_turns", "capacity_utilisation", "plan_attainment",
                           "plan_performance"}  # fmt: skip


def test_the_hours_of_the_month_against_the_regular_ones(measured: Company, files: dict[str, pd.DataFrame]) -> None:
    """The files give hours by family only; what is bought takes none."""
    made = files["products"].set_index("code")["make_or_buy"] == "make"
    each = files["bill_of_resources"].groupby("family")["hours_per_unit"].sum()
    regular = files["resources"]["regular_capacity"].sum()
    for month in MONTHS:
        booked = files["bookings"][files["bookings"]["month"] == f"{month:%Y-%m}"]
        booked = booked[booked["product"].map(made)]
        hours = float((booked["qty"] * booked["family"].map(each).fillna(0.0)).sum())
        stored = Snapshot.objects.get(measure="capacity_utilisation", level="company", month=month).value
        assert stored == pytest.approx(hours / regular, rel=1e-9)


def test_the_gap_to_budget_and_turns_of_the_company(measured: Company, files: dict[str, pd.DataFrame]) -> None:
    for month in MONTHS:
        stored = dict(Snapshot.objects.filter(level="company", month=month).values_list("measure", "value"))
        name = f"{month:%Y-%m}"
        revenue = files["bookings"].groupby("month")["revenue"].sum()[name]
        assert stored["gap_to_budget"] == pytest.approx(
            revenue - files["budget"].groupby("month")["revenue"].sum()[name]
        )
        year = [f"{add_months(month, -i):%Y-%m}" for i in range(12)]
        booked = files["bookings"][files["bookings"]["month"].isin(year)]
        stock = files["inventory"]
        ends = (stock["on_hand"] * stock["cost"]).groupby(stock["as_of"]).sum()
        first = pd.Timestamp(add_months(month, -11)) - pd.Timedelta(days=1)
        window = ends[(ends.index >= f"{first:%Y-%m-%d}") & (ends.index < f"{add_months(month, 1):%Y-%m-%d}")]
        assert stored["inventory_turns"] == pytest.approx((booked["qty"] * booked["cost"]).sum() / window.mean())
