"""The files about supply: resources and their capacity, hours per unit, stock, receipts, open orders."""

from masterdata.frames import Column, FileSpec, Kind
from masterdata.importers import code, month, name_from_code, words
from masterdata.importing import Importer

ORDER_KINDS = ("production", "purchase")


def amount(name: str, required: bool = True, high: float | None = None) -> Column:
    """A number that is never negative; an empty one counts as zero where it is not required."""
    return Column(name, Kind.NUMBER, required=required, default=None if required else 0.0, low=0, high=high)


RESOURCES = FileSpec(
    "resources",
    "Work centres and suppliers with monthly capacity",
    (
        code(),
        Column("name", length=160),
        Column("unit", default="hour", length=20),
        amount("regular_capacity"),
        amount("overtime_capacity", required=False),
        amount("regular_cost", required=False),
        amount("overtime_cost", required=False),
    ),
    key=("code",),
)
CAPACITY = FileSpec(
    "capacity",
    "Months with another capacity",
    (code("resource", "resource"), month(), amount("regular"), amount("overtime", required=False)),
    key=("resource", "month"),
)
BILL = FileSpec(
    "bill_of_resources",
    "Hours of a resource per unit",
    (
        code("family", "family", required=False),
        code("product", "product", required=False),
        code("resource", "resource"),
        amount("hours_per_unit", high=999_999),
    ),
    key=("family", "product", "resource"),
    one_of=(("family", "product"),),
)
INVENTORY = FileSpec(
    "inventory",
    "Stock at month ends",
    (
        Column("as_of", Kind.DATE, required=True),
        code("product", "product"),
        Column("on_hand", Kind.NUMBER, required=True),
        amount("safety_stock", required=False),
    ),
    key=("as_of", "product"),
)
RECEIPTS = FileSpec(
    "receipts",
    "Production and purchases received",
    (month(), code("product", "product"), Column("qty", Kind.NUMBER, required=True)),
    key=("month", "product"),
)
SUPPLY_ORDERS = FileSpec(
    "supply_orders",
    "Open production and purchase orders",
    (
        code("order"),
        code("product", "product"),
        Column("kind", Kind.CHOICE, required=True, choices=words(*ORDER_KINDS)),
        amount("qty"),
        Column("due_on", Kind.DATE, required=True),
    ),
    key=("order",),
)

IMPORTERS = (
    Importer(RESOURCES, table="supply_resource", defines="resource", clean=name_from_code),
    Importer(CAPACITY, table="supply_capacityexception", newest="month"),
    Importer(BILL, table="supply_billofresource"),
    Importer(INVENTORY, table="supply_inventory", newest="as_of"),
    Importer(RECEIPTS, table="supply_receipt", newest="month"),
    Importer(SUPPLY_ORDERS, table="supply_supplyorder", renamed={"order": "code"}, newest="due_on"),
)
