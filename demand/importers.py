"""The files about demand: what was booked, shipped and is on order, what is planned to happen, past sales input."""

import pandas as pd

from masterdata.frames import CheckedFile, Column, FileSpec, Kind, RowError, is_filled
from masterdata.importers import code, month, words
from masterdata.importing import Importer, Known, ordered, planning_code, rows_where

EVENT_SHAPES = ("flat", "front", "dip")
EVENT_KINDS = ("promotion", "price", "launch", "listing", "loss")
ANSWERS = ("changed", "all_fine", "absent")
CALLS = ("firm", "likely", "even", "doubtful", "lost", "slips")
CLOSED_STAGES = ("won", "lost")
# The word of the contract and the one it is stored as.
REASONS = {
    "customer_told_me": "customer_told",
    "customer_stock_change": "customer_stock",
    **words(
        "customer_told", "order_confirmed", "order_delayed", "promotion", "price_change", "new_listing",
        "lost_business", "customer_stock", "other",
    ),
}  # fmt: skip
LONGEST_HORIZON = 24
# Money that a file does not tell is quantity × price, where the price is in the company's currency.
REVENUE_FROM_PRICE = (
    "UPDATE import_stage s SET revenue = s.qty * p.price FROM masterdata_product p"
    " WHERE p.id = s.product_id AND s.revenue IS NULL AND p.price IS NOT NULL"
    " AND p.currency IN ('', (SELECT currency FROM masterdata_company))",
    "UPDATE import_stage SET revenue = 0 WHERE revenue IS NULL",
)


def quantity(name: str = "qty", low: float | None = None) -> Column:
    return Column(name, Kind.NUMBER, required=True, low=low)


def day(name: str, required: bool = False) -> Column:
    return Column(name, Kind.DATE, required=required)


def _check_input_months(checked: CheckedFile, known: Known) -> list[RowError]:
    """What a rep entered lies in the horizon of the cycle it was entered in."""
    cycle, entered = checked.data["cycle"].dt, checked.data["month"].dt
    lag = (entered.year - cycle.year) * 12 + entered.month - cycle.month
    bad = ~lag.between(0, LONGEST_HORIZON - 1).to_numpy() & checked.good
    message = f"The month lies outside the {LONGEST_HORIZON} months that begin with the cycle's own."
    return checked.row_errors(bad, "month", lambda value: message)


def _closed_without_day(data: pd.DataFrame) -> pd.Series:
    return data["stage"].isin(CLOSED_STAGES) & data["closed_on"].isna()


def _slip_and_month_differ(data: pd.DataFrame) -> pd.Series:
    return (data["call"] == "slips") != data["slips_to"].notna()


def _answered_without_day(data: pd.DataFrame) -> pd.Series:
    return (data["how"] != "absent") & data["answered_on"].isna()


def _loss_with_dip(data: pd.DataFrame) -> pd.Series:
    return (data["kind"] == "loss") & (data["shape"] == "dip")


def _nothing_named(data: pd.DataFrame) -> pd.Series:
    named = [is_filled(data[name]) for name in ("family", "product", "customer", "region")]
    return pd.Series(~(named[0] | named[1] | named[2] | named[3]), index=data.index)


BOOKINGS = FileSpec(
    "bookings",
    "Actual demand by month, customer and product",
    (month(), code("customer", "customer"), code("product", "product"), quantity(), Column("revenue", Kind.NUMBER)),
    key=("month", "customer", "product"),
)
SHIPMENTS = FileSpec(
    "shipments",
    "What was shipped by month and product",
    (
        month(),
        code("product", "product"),
        quantity(),
        Column("revenue", Kind.NUMBER),
        code("customer", "customer", required=False),
    ),
    key=("month", "product", "customer"),
)
ORDER_LINES = FileSpec(
    "order_lines",
    "Order lines, the open ones being the backlog",
    (
        code("order_line"),
        code("customer", "customer"),
        code("product", "product"),
        quantity(),
        Column("revenue", Kind.NUMBER),
        day("ordered_on", required=True),
        day("requested_on"),
        day("promised_on"),
        day("shipped_on"),
        Column("shipped_qty", Kind.NUMBER),
        Column("pushes", Kind.INTEGER, default=0, low=0, high=32767),
    ),
    key=("order_line",),
)
OPPORTUNITIES = FileSpec(
    "opportunities",
    "Quotes and deals that may become orders",
    (
        code(),
        code("customer", "customer"),
        code("product", "product", required=False),
        code("family", "family", required=False),
        quantity(low=0),
        Column("value", Kind.NUMBER, default=0, low=0),
        Column("probability", Kind.NUMBER, default=0, low=0, high=1),
        Column("stage", length=30),
        month("expected_month"),
        code("owner", "person", required=False),
        day("created_on"),
        day("closed_on"),
    ),
    key=("code",),
    any_of=(("product", "family"),),
)
BUDGET = FileSpec(
    "budget",
    "Annual plan in money, by rep or family",
    (
        month(),
        code("rep", "person", required=False),
        code("family", "family", required=False),
        Column("revenue", Kind.NUMBER, required=True),
    ),
    key=("month", "rep", "family"),
    one_of=(("rep", "family"),),
)
EVENTS = FileSpec(
    "events",
    "Promotions, price changes, launches, listings, losses",
    (
        code(),
        Column("name", length=160),
        Column("kind", Kind.CHOICE, required=True, choices=words(*EVENT_KINDS)),
        code("family", "family", required=False),
        code("product", "product", required=False),
        code("customer", "customer", required=False),
        code("region", "region", required=False),
        month("from_month"),
        month("to_month"),
        Column("uplift_pct", Kind.NUMBER, low=-100, high=1000),
        Column("uplift_qty", Kind.NUMBER),
        Column("confidence", Kind.NUMBER, default=1, low=0, high=1),
        day("entered_on", required=True),
        Column("shape", Kind.CHOICE, default="flat", choices=words(*EVENT_SHAPES)),
    ),
    key=("code",),
    one_of=(("uplift_pct", "uplift_qty"),),
)
SALES_INPUT = FileSpec(
    "sales_input",
    "What reps entered in earlier cycles",
    (
        month("cycle"),
        code("rep", "person"),
        code("customer", "customer"),
        code("product", "product"),
        month(),
        quantity(low=0),
        Column("reason", Kind.CHOICE, choices=REASONS),
    ),
    key=("cycle", "customer", "product", "month"),
)
SUBMISSIONS = FileSpec(
    "submissions",
    "Who took part in earlier cycles",
    (
        month("cycle"),
        code("rep", "person"),
        day("answered_on"),
        Column("how", Kind.CHOICE, required=True, choices=words(*ANSWERS)),
    ),
    key=("cycle", "rep"),
)
PAST_CALLS = FileSpec(
    "past_calls",
    "What reps said of orders and quotes in earlier cycles",
    (
        month("cycle"),
        code("rep", "person"),
        code("order"),
        month(),
        Column("call", Kind.CHOICE, required=True, choices=words(*CALLS)),
        month("slips_to", required=False),
    ),
    key=("cycle", "order"),
)

IMPORTERS = (
    Importer(BOOKINGS, table="demand_booking", newest="month", fill=REVENUE_FROM_PRICE),
    Importer(SHIPMENTS, table="demand_shipment", newest="month", fill=REVENUE_FROM_PRICE),
    Importer(
        ORDER_LINES,
        table="demand_orderline",
        renamed={"order_line": "code"},
        newest="ordered_on",
        fill=REVENUE_FROM_PRICE,
    ),
    Importer(
        OPPORTUNITIES,
        table="demand_opportunity",
        newest="expected_month",
        checks=(
            ordered("created_on", "closed_on"),
            rows_where("closed_on", "A won or lost opportunity needs the day it was closed.", _closed_without_day),
        ),
    ),
    Importer(BUDGET, table="demand_budget", newest="month"),
    Importer(
        EVENTS,
        table="demand_event",
        newest="to_month",
        checks=(
            ordered("from_month", "to_month"),
            rows_where("family", "Fill at least one of family, product, customer, region.", _nothing_named),
            rows_where("shape", "Lost business has no dip after it. Use flat or front.", _loss_with_dip),
        ),
    ),
    Importer(
        SALES_INPUT,
        table="demand_salesinput",
        newest="cycle",
        checks=(planning_code("customer", "customer"), planning_code("product", "product"), _check_input_months),
    ),
    Importer(
        SUBMISSIONS,
        table="demand_pastsubmission",
        newest="cycle",
        checks=(rows_where("answered_on", "Who answered did so on a day: fill answered_on.", _answered_without_day),),
    ),
    Importer(
        PAST_CALLS,
        table="demand_pastcall",
        newest="cycle",
        checks=(
            ordered("month", "slips_to"),
            rows_where("slips_to", "A slip names its month, and no other call does.", _slip_and_month_differ),
        ),
    ),
)
