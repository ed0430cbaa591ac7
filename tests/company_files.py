"""The small company as the files a company would send: a folder that the import contract describes."""

import csv
from collections.abc import Iterable
from pathlib import Path

from cycles.periods import add_months, format_month, month_range
from tests.cast import CUSTOMERS, HISTORY_MONTHS, LAST_CLOSED, NEVER_BOOKED, PEOPLE, PRODUCTS, booked_quantity

COMPANY = [
    ("name", "Small Company"),
    ("currency", "EUR"),
    ("fiscal_year_start_month", "1"),
    ("country", "DE"),
    ("timezone", "Europe/Berlin"),
    ("horizon_months", "24"),
    ("last_closed_month", format_month(LAST_CLOSED)),
]


def write(path: Path, header: str, rows: Iterable[Iterable[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def write_people(folder: Path) -> None:
    """Who works here, as the first import brings it."""
    write(folder / "company.csv", "key,value", COMPANY)
    people = [
        (username, name, f"{username}@small.example", role.value, department, manager)
        for username, (name, role, department, manager) in PEOPLE.items()
    ]
    write(folder / "people.csv", "username,name,email,role,department,reports_to", people)


def write_business(folder: Path) -> list[Path]:
    """Products, customers, two years of bookings, budget, capacity and stock."""
    months = month_range(add_months(LAST_CLOSED, 1 - HISTORY_MONTHS), HISTORY_MONTHS)
    cells = [(p, c) for p in PRODUCTS for c in CUSTOMERS if (p, c) != NEVER_BOOKED]
    bookings = [
        (format_month(m), c, p, booked_quantity(p, c, m), booked_quantity(p, c, m) * PRODUCTS[p][1])
        for m in months
        for p, c in cells
    ]
    budget = [
        (format_month(m), rep, 30_000) for m in month_range(add_months(LAST_CLOSED, -9), 36) for rep in ("rita", "rob")
    ]
    return [
        write(
            folder / "families.csv", "code,name,group", [("BIKES", "Bikes", "Bicycles"), ("PARTS", "Parts", "Spares")]
        ),
        write(
            folder / "products.csv",
            "code,name,family,uom,price,unit_cost,make_or_buy,lot,priority",
            [(p, p.title(), facts[0], "EA", facts[1], facts[2], "make", 1, 1) for p, facts in PRODUCTS.items()],
        ),
        write(folder / "regions.csv", "code,name,parent", [("N", "North", ""), ("S", "South", "")]),
        write(
            folder / "customers.csv",
            "code,name,region,segment,owner,owner_from,plan_as",
            [(c, f"{c.title()} Stores", facts[0], "", facts[1], "2024-11", "") for c, facts in CUSTOMERS.items()],
        ),
        write(folder / "bookings.csv", "month,customer,product,qty,revenue", bookings),
        write(folder / "budget.csv", "month,rep,revenue", budget),
        write(
            folder / "resources.csv",
            "code,name,unit,regular_capacity,overtime_capacity,regular_cost,overtime_cost",
            [("WELD", "Welding", "hour", 150, 30, 20, 30)],
        ),
        write(folder / "bill_of_resources.csv", "family,resource,hours_per_unit", [("BIKES", "WELD", 2)]),
        write(
            folder / "inventory.csv",
            "as_of,product,on_hand,safety_stock",
            [("2026-10-31", p, 30, 10) for p in PRODUCTS],
        ),
    ]
