"""What is read and written in bulk, against the same rows by SQL alone: pulls, imports, the publish build."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from time import perf_counter
from typing import Final

import xlsxwriter
from django.db import connection, transaction

from cycles.models import Cycle
from cycles.periods import add_months, parse_month
from demand.models import ForecastVersion
from jobs.errors import Refused
from masterdata.bundles import ImportFile
from masterdata.models import Customer, Product
from meetings.services.publishing import forecast_publish
from sop_portal.bench_import import bare_import
from sop_portal.bench_pulls import BARE, Nowhere
from sop_portal.bench_pulls import CYCLE as MADE_CYCLE
from sop_portal.imports import import_files
from sop_portal.load.company import cycle_fill, version_fill
from sop_portal.load.figures import Bound, figure_line, ratio
from sop_portal.load.ratios import Asker
from sop_portal.load.spike import Played, load_words

Figures = Iterator[tuple[str, str, str]]
PULLS: Final = 3
ROWS, ROWS_A_REP = 60_000, 500
PUBLISHED_LINES: Final = 50_000
HEAD: Final = ("month", "customer", "product", "qty", "revenue")
PULL, MEMORY = Bound(5, 3, most=True), Bound(64, 32, most=True, unit=" MB", places=0)
IMPORT, XLSX, PUBLISH = Bound(5, 3, most=True), Bound(3, 1.8, most=True), Bound(4, 2, most=True)
COPIED: Final = """
INSERT INTO demand_forecastline (version_id, line_id, quantity)
SELECT %s, line_id, quantity FROM demand_forecastline WHERE version_id = %s
"""
Row = tuple[str, str, str, int, float]


def bulk_figures(played: Played, at: datetime) -> Figures:
    yield from import_figures(min(ROWS, ROWS_A_REP * len(played.made.owners)), at)
    yield publish_figure(played, at)


# --- a million rows over REST ---------------------------------------------------------
def pull_figures(played: Played) -> Figures:
    """Before anybody else pulls, so that memory is seen to grow; a process keeps what it has read of a version."""
    kinds = ("VmHWM", "RssFile")
    before = [played.stack.memory("web", kind) for kind in kinds]
    pulls = [pull_seconds(played) for _ in range(PULLS)]
    grown, files = (played.stack.memory("web", kind) - held for kind, held in zip(kinds, before, strict=True))
    copies = [copy_seconds(played.made.published) for _ in range(PULLS)]
    middle = f"medians of {PULLS}: {median(pulls):.2f} s against {median(copies):.2f}"
    words = f"the first {pulls[0]:.2f} s; {middle}; {load_words()}"
    yield figure_line("million-row CSV pull / COPY", ratio(median(pulls), median(copies)), PULL, words)
    words = f"peaks of all web processes together; of it {files:.0f} MB are pages of program files, which they share"
    yield figure_line("  memory growth", grown, MEMORY, words)


def pull_seconds(played: Played) -> float:
    path = f"/api/v1/company-forecast/?cycle={played.made.published}&level=line&format=csv"
    return Asker(played.stack.url).ask(path, Authorization=f"Bearer {played.made.key}")[0]


def copy_seconds(published: str) -> float:
    began = perf_counter()
    with connection.cursor() as cursor:
        cursor.copy_expert(BARE.replace(MADE_CYCLE, published), Nowhere())
    return perf_counter() - began


# --- files of bookings ----------------------------------------------------------------
def import_figures(rows: int, at: datetime) -> Figures:
    """Each file has months of its own, so that every row of it is new."""
    csv, sheet = bookings_csv(rows_of(date(2019, 1, 1), rows)), bookings_xlsx(rows_of(date(2020, 1, 1), rows))
    bare = bare_import(csv)
    read = import_seconds(ImportFile("bookings.csv", csv), at)
    words = f"{rows:,} rows: {read:.2f} s against {bare:.2f}; {load_words()}"
    yield figure_line("CSV import / COPY with SQL validation", ratio(read, bare), IMPORT, words)
    other = import_seconds(ImportFile("bookings.xlsx", sheet), at)
    yield figure_line("XLSX / CSV", ratio(other, read), XLSX, f"{other:.2f} s; {load_words()}")


def rows_of(first: date, rows: int) -> list[Row]:
    """So many bookings from this month on, every product of one customer after the other."""
    products = list(Product.objects.order_by("code").values_list("code", flat=True))
    customers = list(Customer.objects.order_by("code").values_list("code", flat=True))
    found = []
    for number in range(rows):
        pair, month = divmod(number, 12)
        customer, product = divmod(pair, len(products))
        code = f"{add_months(first, month):%Y-%m}"
        found.append((code, customers[customer], products[product], 1 + number % 500, 12.5 * (1 + number % 500)))
    return found


def bookings_csv(rows: list[Row]) -> bytes:
    lines = [f"{month},{customer},{product},{qty},{revenue:.2f}" for month, customer, product, qty, revenue in rows]
    return "\n".join([",".join(HEAD), *lines, ""]).encode()


def bookings_xlsx(rows: list[Row]) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True, "in_memory": True})
    sheet = book.add_worksheet("bookings")
    for place, row in enumerate([HEAD, *rows]):
        sheet.write_row(place, 0, row)
    book.close()
    return stream.getvalue()


def import_seconds(file: ImportFile, at: datetime) -> float:
    began = perf_counter()
    result = import_files(files=[file], source="load", by=None, at=at)
    if not result.ok:
        raise Refused("bench_failed", f"{file.name} was not stored: {result.errors[:1]}")
    return perf_counter() - began


# --- the publish build ----------------------------------------------------------------
@dataclass(frozen=True)
class Planned:
    """A cycle with a signed demand plan and a supply plan of all its lines, not published yet."""

    cycle: Cycle
    lines: int


def planned_cycle(before: str, lines: int, at: datetime) -> Planned:
    month = add_months(parse_month(before), -1)
    cycle = Cycle.objects.create(month=month, state="open", simulated=True, opened_at=at)
    found = cycle_fill(cycle, "demand_plan", lines)
    version_fill(cycle, "supply_plan")
    return Planned(cycle, found)


def publish_figure(played: Played, at: datetime) -> tuple[str, str, str]:
    planned = planned_cycle(played.made.published, PUBLISHED_LINES, at)
    began = perf_counter()
    version = forecast_publish(cycle=planned.cycle, at=at, replayed=True)
    spent = perf_counter() - began
    bare = bare_publish(version)
    words = f"{planned.lines:,} lines x 24: {spent:.2f} s against {bare:.2f}; {load_words()}"
    return figure_line("publish build / bare INSERT ... SELECT", ratio(spent, bare), PUBLISH, words)


def bare_publish(version: ForecastVersion) -> float:
    """Seconds to write the same rows into the same table, its checks and triggers included; taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        other = ForecastVersion.objects.create(
            cycle=version.cycle, stage="company_forecast", revision=99, start=version.start, months=version.months,
            state="superseded", made_at=version.made_at,
        )  # fmt: skip
        began = perf_counter()
        cursor.execute(COPIED, [other.pk, version.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        spent = perf_counter() - began
        transaction.set_rollback(True)
    return spent
