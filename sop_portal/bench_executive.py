"""What the executive page costs with 50,000 lines behind it: two years of bookings and two years of forecast.

The company is the demonstration with many lines added before its last closed month. The baseline of the added lines is
last year's; from there on everything is made by the portal itself: supply plan, published forecast with its totals,
measures of the closed months, accuracy of every stage.
"""

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from statistics import median
from time import process_time
from typing import Final

import numpy as np
from django.db import connection
from django.test import Client

from cycles.models import Cycle
from cycles.periods import add_months, month_range
from demand.matrices import Plan
from demand.models import SalesInput, Stage
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines, line_ids, lines_forget
from demand.selectors.stored import stored_forget
from demand.services.lines import lines_sync
from demand.services.versions import cycle_lines_freeze, version_store
from kpis.selectors.plan_totals import totals_missing
from kpis.services.plan_totals import plan_totals_take
from kpis.services.snapshots import accuracy_take, measures_take, runs
from masterdata.models import Person
from masterdata.selectors import company
from sop_portal.bench_pulls import CYCLE, LINES, MADE, timed
from sop_portal.demonstration.loading import demonstration_load
from sop_portal.replay import replay_baseline, replay_cycle, replay_stages

YEAR: Final = 12
PAST: Final = 6
REPEATS: Final = 7
PAGES: Final = ("/executive/", "/executive/?measure=quantity", "/dashboard/", "/accuracy/")
ASKED: Final = "asked of the executive page: 300 ms, 120 KB; of its charts 30 KB"
BOOKED: Final = """
INSERT INTO demand_booking (month, customer_id, product_id, qty, revenue)
SELECT m::date, l.customer_id, l.product_id, units, units * p.price
FROM demand_line l JOIN masterdata_product p ON p.id = l.product_id JOIN masterdata_family f ON f.id = p.family_id
CROSS JOIN generate_series(%(first)s::date, %(last)s::date, interval '1 month') m
CROSS JOIN LATERAL (SELECT 1 + (hashtext(l.id || m::text) & 63) AS units) s
WHERE f.code LIKE 'LARGE-%%'
"""
Figures = Iterator[tuple[str, str, str]]


def executive_figures(*, at: datetime, lines: int = LINES) -> Figures:
    """(what, value, against) of the page with the plan in force; needs an empty, migrated database."""
    demonstration_load(at=at)
    closed = company().last_closed_month
    if closed is None:
        raise RuntimeError("The demonstration has no closed month.")
    seconds, _ = timed(partial(_past, closed, at))
    yield "past cycles of the demonstration", f"{seconds:.0f} s", f"the last {PAST}, replayed and measured"
    seconds, _ = timed(partial(_enlarge, closed, lines))
    yield "bookings added", f"{seconds:.0f} s", f"{lines:,} lines x 24 months"
    seconds, _ = timed(partial(_publish, closed, at))
    yield "cycle of all lines", f"{seconds:.0f} s", "to the published forecast of 24 months"
    seconds, count = timed(partial(_measure, closed, at))
    yield "measures of 24 closed months", f"{seconds:.0f} s", f"{count} numbers stored"
    yield from page_figures()


def _past(closed: date, at: datetime) -> None:
    months = SalesInput.objects.filter(cycle__lt=closed).order_by("cycle").values_list("cycle", flat=True)
    for month in list(months.distinct())[-PAST:]:
        replay_baseline(month=month, at=at)
        replay_stages(month=month, at=at)
        accuracy_take(cycle=Cycle.objects.get(month=month))


def _enlarge(closed: date, lines: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MADE, {"lines": lines, "month": f"{CYCLE}-01"})
        cursor.execute(BOOKED, {"first": add_months(closed, 1 - 2 * YEAR), "last": closed})
        cursor.execute("ANALYZE")
    lines_sync()
    lines_forget()


def _publish(closed: date, at: datetime) -> None:
    cycle = replay_cycle(closed, at)
    _expect_last_year(cycle, at)
    replay_stages(month=closed, at=at)
    accuracy_take(cycle=cycle)
    for version in totals_missing():
        plan_totals_take(version=version)


def _measure(closed: date, at: datetime) -> int:
    """Two years, in the runs in which they are taken when months close."""
    months = month_range(add_months(closed, 1 - 2 * YEAR), 2 * YEAR)
    return sum(measures_take(months=run, at=at) for run in runs(months))


def _expect_last_year(cycle: Cycle, at: datetime) -> None:
    """The first two stages of all lines: what was booked a year before, twice."""
    cycle_lines_freeze(cycle=cycle)
    lines = line_ids(cycle_lines(cycle))
    year = history(lines, start=add_months(cycle.month, -YEAR), before=cycle.month).quantity
    plan = Plan(lines, cycle.month, np.maximum(np.hstack([year, year]), 0.0))
    naive = version_store(cycle=cycle, stage=Stage.NAIVE, plan=plan, at=at)
    version_store(cycle=cycle, stage=Stage.BASELINE, plan=plan, at=at, rule="last year", made_from=naive)


def page_figures() -> Figures:
    """Time, queries and size of each page as the CEO gets it, with its charts."""
    client = Client(headers={"host": "localhost"})
    person = Person.objects.get(user__username="ceo")
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    for path in PAGES:
        stored_forget()
        lines_forget()
        queries: list[str] = []
        with connection.execute_wrapper(partial(_noted, queries)):
            first, body = timed(partial(_fetch, client, path))
        page = str(body)
        seconds, processor = _repeated(partial(_fetch, client, path))
        details = f"{processor * 1000:.0f} ms of it this process; first {first * 1000:.0f} ms; {len(queries)} queries"
        yield path, f"{seconds * 1000:.0f} ms", details
        yield "  page", size(page), ASKED if path == PAGES[0] else ""
        charts = re.findall(r"<svg\b[^>]*\brole=\"img\".*?</svg>", page, re.DOTALL)
        yield f"  its {len(charts)} charts", size("".join(charts)), ""


def _noted(queries: list[str], execute: Callable[..., object], sql: str, *more: object) -> object:
    queries.append(sql)
    return execute(sql, *more)


def _repeated(work: Callable[[], object]) -> tuple[float, float]:
    """Medians of seconds on the clock and of this process's processor seconds, which others on the machine leave be."""
    spent = []
    for _ in range(REPEATS):
        before = process_time()
        seconds, _answer = timed(work)
        spent.append((seconds, process_time() - before))
    return median(one for one, _ in spent), median(one for _, one in spent)


def size(text: str) -> str:
    """As written, and as sent."""
    data = text.encode()
    return f"{len(data) / 1024:.0f} KB, {len(gzip.compress(data)) / 1024:.0f} KB gz"


def _fetch(client: Client, path: str) -> str:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return answer.content.decode()
