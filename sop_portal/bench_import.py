"""What a very large file costs: bookings checked and stored with history, against COPY with the same checks in SQL."""

import io
import resource
from collections.abc import Iterator
from datetime import date, datetime
from time import perf_counter

import numpy as np
from django.db import connection, transaction

from cycles.periods import add_months
from demand.models import Booking
from jobs.errors import Refused
from masterdata.bundles import ImportFile
from masterdata.models import Company
from sop_portal.imports import import_files

FIRST = date(2023, 1, 1)
MONTHS, PRODUCTS = 50, 200
MEGABYTE = 1024
FIGURES = Iterator[tuple[str, str, str]]
# The same questions in SQL: kinds of values, known codes, keys once, no infinities.
BARE = """
CREATE TEMP TABLE bare_raw (month text, customer text, product text, qty text, revenue text) ON COMMIT DROP;
"""
VALIDATE = """
SELECT count(*) FROM bare_raw r
LEFT JOIN masterdata_customer c ON c.code = r.customer LEFT JOIN masterdata_product p ON p.code = r.product
WHERE r.month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' OR r.qty !~ '^-?[0-9]+(\\.[0-9]*)?$'
   OR r.revenue !~ '^-?[0-9]+(\\.[0-9]*)?$' OR c.id IS NULL OR p.id IS NULL
"""
ONCE = "SELECT count(*) FROM (SELECT 1 FROM bare_raw GROUP BY month, customer, product HAVING count(*) > 1) repeated"
STORE = """
INSERT INTO demand_booking (month, customer_id, product_id, qty, revenue)
SELECT (r.month || '-01')::date, c.id, p.id, r.qty::float8, r.revenue::float8 FROM bare_raw r
JOIN masterdata_customer c ON c.code = r.customer JOIN masterdata_product p ON p.code = r.product
"""


def large_import_figures(*, rows: int, at: datetime) -> FIGURES:
    """Needs an empty, migrated database, which is empty again afterwards but for the codes."""
    if Company.objects.exists() or Booking.objects.exists():
        raise Refused("not_empty", "The benchmark needs an empty database.")
    customers = -(-rows // (MONTHS * PRODUCTS))
    _codes(customers, at)
    data = bookings_text(rows, customers).encode()
    bare = bare_import(data)
    before = _peak()
    start = perf_counter()
    result = import_files(files=[ImportFile("bookings.csv", data)], source="bench", by=None, at=at)
    seconds = perf_counter() - start
    if not result.ok or Booking.objects.count() != rows:
        raise Refused(
            "bench_failed", f"The import stored {Booking.objects.count()} of {rows} rows: {result.errors[:1]}"
        )
    size = len(data) / MEGABYTE / MEGABYTE
    yield "import of bookings, with history", f"{rows / seconds:,.0f} rows/s", f"{rows:,} rows in {seconds:.1f} s"
    yield "  peak memory of the process", f"{_peak():,.0f} MB", f"{before:,.0f} MB before; the file has {size:,.0f} MB"
    yield "  / COPY with checks in SQL", f"{seconds / bare:.1f} x", f"no history, no errors told: {bare:.1f} s"


def bookings_text(rows: int, customers: int) -> str:
    """Every month of every pair until there are enough, in the order an ERP writes them."""
    random = np.random.default_rng(8)
    quantities = random.integers(1, 500, rows)
    months = [f"{add_months(FIRST, month):%Y-%m}" for month in range(MONTHS)]
    text = io.StringIO()
    text.write("month,customer,product,qty,revenue\n")
    for at, quantity in enumerate(quantities.tolist()):
        pair, month = divmod(at, MONTHS)
        product = pair % PRODUCTS
        text.write(f"{months[month]},C{pair // PRODUCTS:05d},P{product:04d},{quantity},{quantity * 12.5:.2f}\n")
    return text.getvalue()


def _codes(customers: int, at: datetime) -> None:
    files = {
        "company": "key,value\nname,Bench\n",
        "families": "code\nF\n",
        "products": "code,family,price\n" + "".join(f"P{number:04d},F,12.5\n" for number in range(PRODUCTS)),
        "customers": "code\n" + "".join(f"C{number:05d}\n" for number in range(customers)),
    }
    sent = [ImportFile(f"{name}.csv", text.encode()) for name, text in files.items()]
    if not import_files(files=sent, source="bench", by=None, at=at).ok:
        raise Refused("bench_failed", "The codes of the benchmark could not be stored.")


def bare_import(data: bytes) -> float:
    """Seconds of COPY, checks and INSERT by SQL alone; taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        start = perf_counter()
        cursor.execute(BARE)
        cursor.copy_expert("COPY bare_raw FROM STDIN WITH (FORMAT csv, HEADER)", io.BytesIO(data))
        for question in (VALIDATE, ONCE):
            cursor.execute(question)
            if cursor.fetchone()[0]:
                raise Refused("bench_failed", "The rows of the benchmark are not sound.")
        cursor.execute(STORE)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = perf_counter() - start
        transaction.set_rollback(True)
    return seconds


def _peak() -> float:
    """Megabytes this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
