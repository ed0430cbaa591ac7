"""The files about who and what: company, people, families, products, regions, customers, exchange rates."""

from collections.abc import Mapping

import pandas as pd

from masterdata import checks
from masterdata.frames import CheckedFile, Column, FileSpec, Kind, RowError, is_filled
from masterdata.importing import Importer, Known, no_circles, ordered, own_code_is_empty, planned_directly, rows_where

ROLES = (
    "sales_rep", "sales_manager", "marketing", "demand_planner", "supply_planner", "finance", "sop_leader", "executive",
    "api_client", "admin",
)  # fmt: skip
SALES = ("sales_rep", "sales_manager")
EXECUTIVE = "executive"

COMPANY: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("name", Kind.TEXT, required=True, length=120),
        Column("currency", Kind.CURRENCY, default="USD"),
        Column("fiscal_year_start_month", Kind.INTEGER, default=1, low=1, high=12),
        Column("country", Kind.COUNTRY, default="US"),
        Column("timezone", Kind.TIMEZONE, default="UTC"),
        Column("horizon_months", Kind.INTEGER, default=24, low=18, high=24),
        Column("last_closed_month", Kind.MONTH),
    )
}


def words(*values: str) -> dict[str, str]:
    """The words of a choice column that are stored as they stand."""
    return {value: value for value in values}


def code(name: str = "code", reference: str = "", required: bool = True) -> Column:
    return Column(name, Kind.CODE, required=required, reference=reference)


def month(name: str = "month", required: bool = True) -> Column:
    return Column(name, Kind.MONTH, required=required)


def name_from_code(data: pd.DataFrame) -> pd.DataFrame:
    """Something without a name is called by its code."""
    return data.assign(name=data["name"].where(data["name"] != "", data[data.columns[0]]))


def _check_company(checked: CheckedFile, known: Known) -> list[RowError]:
    """Every key must be known and its value of the key's kind."""
    errors = []
    for line, key, value in zip(checked.lines, checked.data["key"], checked.data["value"], strict=True):
        if key not in COMPANY:
            message = f"{key!r} is no setting. Known: {', '.join(COMPANY)}."
            errors.append(RowError(checked.name, int(line), "key", key, message))
            continue
        _, message = checks.cell_value(COMPANY[key], value)
        if message:
            errors.append(RowError(checked.name, int(line), "value", value, message))
    return errors


def _check_one_chief(checked: CheckedFile, known: Known) -> list[RowError]:
    """Only one executive reports to nobody: the CEO."""
    people = known.tables["person"]
    chiefs = people.index[(people["role"] == EXECUTIVE) & (people["reports_to"] == "")].tolist()
    if len(chiefs) < 2:
        return []
    bad = checked.data["username"].isin(chiefs).to_numpy() & checked.good
    message = (
        f"{', '.join(chiefs)} are executives who report to nobody. Only the CEO does: fill the others' reports_to."
    )
    return checked.row_errors(bad, "username", lambda username: message)


def _check_owners_sell(checked: CheckedFile, known: Known) -> list[RowError]:
    """A customer's owner works in Sales, as rep or manager."""
    owners = checked.data["owner"]
    roles = known.attribute("person", "role", owners)
    bad = is_filled(owners) & (roles != "").to_numpy() & ~roles.isin(SALES).to_numpy()
    return checked.row_errors(
        bad, "owner", lambda owner: f"{owner} is not in Sales. Name a sales rep or sales manager."
    )


PEOPLE = FileSpec(
    "people",
    "Who works here, in which role, reporting to whom",
    (
        code("username"),
        Column("name", length=150),
        Column("email", Kind.EMAIL, length=254),
        Column("role", Kind.CHOICE, required=True, choices=words(*ROLES)),
        Column("department"),
        code("reports_to", "person", required=False),
        Column("timezone", Kind.TIMEZONE),
        Column("country", Kind.COUNTRY),
    ),
    key=("username",),
)
PRODUCTS = FileSpec(
    "products",
    "Products with price, cost, life and planning product",
    (
        code(),
        Column("name", length=160),
        code("family", "family"),
        Column("uom", default="EA", length=10),
        Column("price", Kind.NUMBER, low=0),
        Column("unit_cost", Kind.NUMBER, low=0),
        Column("make_or_buy", Kind.CHOICE, default="make", choices=words("make", "buy")),
        month("launch_month", required=False),
        month("phase_out_month", required=False),
        code("like_product", "product", required=False),
        Column("like_share", Kind.NUMBER, above=0, high=100),
        code("plan_as", "product", required=False),
        Column("lead_time_days", Kind.INTEGER, low=0, high=3650),
        Column("lot", Kind.NUMBER, above=0),
        Column("lot_multiple", Kind.NUMBER, above=0),
        Column("frozen_months", Kind.INTEGER, low=0, high=24),
        Column("priority", Kind.INTEGER, low=0, high=32767),
        Column("service_target", Kind.NUMBER, low=50, high=99.9),
        Column("cover_months", Kind.NUMBER, low=0, high=12),
        Column("make_to", Kind.CHOICE, default="stock", choices=words("stock", "order")),
        Column("currency", Kind.CURRENCY),
    ),
    key=("code",),
)
CUSTOMERS = FileSpec(
    "customers",
    "Customers with region, owner and planning customer",
    (
        code(),
        Column("name", length=160),
        code("region", "region", required=False),
        Column("segment"),
        code("owner", "person", required=False),
        Column("owner_from", Kind.DATE_OR_MONTH),
        code("plan_as", "customer", required=False),
        Column("class", Kind.INTEGER, low=1, high=3),
    ),
    key=("code",),
)

IMPORTERS = (
    Importer(
        FileSpec("company", "Settings of the company", (code("key"), Column("value", length=200)), key=("key",)),
        table="masterdata_company",
        checks=(_check_company,),
        store="company",
    ),
    Importer(
        PEOPLE,
        table="masterdata_person",
        defines="person",
        relation="(SELECT p.id, u.username, p.role, p.reports_to_id FROM masterdata_person p"
        " JOIN auth_user u ON u.id = p.user_id)",
        attributes=("role",),
        checks=(no_circles("person", "reports_to"), _check_one_chief),
        clean=name_from_code,
        store="people",
    ),
    Importer(
        FileSpec(
            "families",
            "Product families and their group",
            (code(), Column("name", length=160), Column("group")),
            key=("code",),
        ),
        table="masterdata_family",
        defines="family",
        clean=name_from_code,
    ),
    Importer(
        FileSpec(
            "regions",
            "Sales regions",
            (code(), Column("name", length=160), code("parent", "region", required=False)),
            key=("code",),
        ),
        table="masterdata_region",
        defines="region",
        checks=(no_circles("region", "parent"),),
        clean=name_from_code,
    ),
    Importer(
        PRODUCTS,
        table="masterdata_product",
        defines="product",
        constants={"decimals": 0},
        checks=(
            planned_directly("product"),
            no_circles("product", "like_product"),
            ordered("launch_month", "phase_out_month"),
            rows_where(
                "like_product",
                "like_share needs a like_product to share with.",
                lambda data: data["like_share"].notna() & (data["like_product"] == ""),
            ),
        ),
        clean=lambda data: name_from_code(own_code_is_empty("plan_as")(data)),
    ),
    Importer(
        CUSTOMERS,
        table="masterdata_customer",
        defines="customer",
        renamed={"class": "priority"},
        checks=(planned_directly("customer"), _check_owners_sell),
        clean=lambda data: name_from_code(own_code_is_empty("plan_as")(data)),
    ),
    Importer(
        FileSpec(
            "exchange_rates",
            "Monthly rates to the company currency",
            (month(), Column("currency", Kind.CURRENCY, required=True), Column("rate", Kind.NUMBER, True, above=0)),
            key=("month", "currency"),
        ),
        table="masterdata_exchangerate",
        newest="month",
    ),
)
