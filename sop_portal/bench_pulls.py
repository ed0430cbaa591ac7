"""What a pull of a large company's forecast costs: 50,000 lines, against a bare COPY of the same rows."""

from collections.abc import Callable, Iterator
from functools import partial
from os import sysconf
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import path, reverse

from masterdata.models import ApiKey, Person
from masterdata.roles import Role
from masterdata.services.keys import key_create
from sop_portal.api.streams import STREAMS
from sop_portal.clock import now

LINES: Final = 50_000
REPEATS: Final = 5
MANY: Final = 50
PAGE: Final = sysconf("SC_PAGE_SIZE")
CYCLE: Final = "2001-01"
URL: Final = f"/api/v1/company-forecast/?cycle={CYCLE}&level=line"
LIMITS: Final = {"csv": "3 x, never over 5 x", "parquet": "2 x, never over 5 x", "arrow": "2 x, never over 5 x"}
MADE: Final = """
WITH family AS (
    INSERT INTO masterdata_family (code, name, "group") SELECT 'LARGE-' || i, 'Family ' || i, ''
    FROM generate_series(1, 20) i RETURNING id, code
), product AS (
    INSERT INTO masterdata_product
        (code, name, family_id, uom, decimals, price, unit_cost, currency, make_or_buy, make_to)
    SELECT 'L' || lpad(i::text, 4, '0'), 'Product ' || i, f.id, 'EA', 0, 10 + i %% 90, 5, '', 'make', 'stock'
    FROM generate_series(1, 250) i JOIN family f ON f.code = 'LARGE-' || (1 + i %% 20) RETURNING id, family_id, price
), customer AS (
    INSERT INTO masterdata_customer (code, name, segment)
    SELECT 'K' || lpad(i::text, 4, '0'), 'Customer ' || i, '' FROM generate_series(1, %(lines)s / 250) i RETURNING id
), line AS (
    INSERT INTO demand_line (product_id, customer_id) SELECT p.id, c.id FROM product p CROSS JOIN customer c
    RETURNING id, product_id
), cycle AS (
    INSERT INTO cycles_cycle (month, state, simulated, horizon, opened_at)
    VALUES (%(month)s::date, 'published', true, 24, now()) RETURNING id
), known AS (
    INSERT INTO demand_cycleline (cycle_id, line_id, family_id, price, unit_cost, method, landing, treated, flags)
    SELECT cycle.id, line.id, p.family_id, p.price, 5, '', '{}', '[]', '[]'
    FROM cycle CROSS JOIN line JOIN product p ON p.id = line.product_id
), version AS (
    INSERT INTO demand_forecastversion
        (cycle_id, stage, revision, state, start, months, rule, note, content_hash, made_at)
    SELECT id, 'company_forecast', 1, 'current', %(month)s::date, 24, '', '', 'made', now() FROM cycle RETURNING id
)
INSERT INTO demand_forecastline (version_id, line_id, quantity)
SELECT version.id, line.id,
       ARRAY(SELECT floor(random() * 500)::float8 FROM generate_series(1, 24) WHERE line.id IS NOT NULL)
FROM version CROSS JOIN line
"""
# The same rows without the portal: what the database alone needs to write them down.
BARE: Final = f"""
COPY (SELECT customer, product, to_char(month, 'YYYY-MM') AS month, quantity FROM bi_company_forecast
      WHERE cycle = '{CYCLE}') TO STDOUT WITH (FORMAT csv, HEADER)
"""


Answer = Any  # of the test client, which adds to Django's own
Get = Callable[..., Answer]


class Nowhere:
    """Counts what is written to it."""

    size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)


def pull_figures() -> Iterator[tuple[str, str, str]]:
    """(what, value, against): the made forecast's first page, a filtered page, and every stream against COPY."""
    with connection.cursor() as cursor:
        cursor.execute(MADE, {"lines": LINES, "month": f"{CYCLE}-01"})
        cursor.execute("ANALYZE")
    get = _client()
    reverse("home")  # loads the code of all pages, which web processes have loaded before they are asked
    grown = {form: memory_grown(get, f"{URL}&format={form}") for form in STREAMS}  # before anything else is asked
    cold, _ = timed(partial(get, f"{URL}&page_size=100"))
    yield "JSON, the first request of a process", f"{cold * 1000:.0f} ms", f"{LINES:,} lines x 24 months, nothing kept"
    yield unchanged_figure(get)
    for what, query in (("first page of 100 rows", ""), ("filtered page of 100 rows", "&product=L0042")):
        yield f"JSON, {what}", f"{best(partial(get, f'{URL}&page_size=100{query}')) * 1000:.0f} ms", "asked: 100 ms"
    bare = best(_bare_copy)
    yield "bare COPY of the same rows", f"{bare:.2f} s", f"{LINES * 24:,} rows as CSV"
    for form in STREAMS:
        seconds = best(partial(get, f"{URL}&format={form}"))
        words = f"{seconds:.2f} s, asked: {LIMITS[form]}; memory grew by {grown[form]:.0f} MB when it was first asked"
        yield f"{form} / bare COPY", f"{seconds / bare:.2f} x", words


def unchanged_figure(get: Get) -> tuple[str, str, str]:
    """How often "not modified" is answered, against a view that reads one row and does nothing else."""
    tag = get(f"{URL}&page_size=100").headers["ETag"]
    unchanged = best(partial(get, f"{URL}&page_size=100", tag), MANY)
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        client = Client(headers={"host": "localhost"})
        bare = best(partial(client.get, "/bare/"), MANY)
    against = f"{unchanged * 1000:.1f} ms against {bare * 1000:.1f} ms without key, limit and headers; asked: 0.6 x"
    return (
        "304 / bare view of one row, answers per second",
        f"{bare / unchanged:.2f} x",
        f"{against}, never under 0.4 x",
    )


def bare_view(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, content_hash FROM demand_forecastversion ORDER BY id DESC LIMIT 1")
        return JsonResponse(dict(zip(("id", "content_hash"), cursor.fetchone(), strict=True)))


urlpatterns = [path("bare/", bare_view)]


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median of some repeats."""
    return median(timed(work)[0] for _ in range(repeats))


def _bare_copy() -> int:
    nowhere = Nowhere()
    with connection.cursor() as cursor:
        cursor.copy_expert(BARE, nowhere)
    return nowhere.size


def memory_grown(get: Get, address: str) -> float:
    """Megabytes that the process held more at most while an answer streamed, seen after each of its blocks."""
    before = _held()
    most = max(_held() for _ in get(address, read=False))
    return most - before


def _held() -> float:
    """Megabytes that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def _client() -> Get:
    person = Person.objects.filter(role=Role.API_CLIENT).first() or Person.objects.all()[0]
    ApiKey.objects.filter(name="bench").delete()
    secret = key_create(person=person, scopes=("forecast:read",), at=now(), name="bench")[1]
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {secret}"})

    def get(address: str, tag: str = "", *, read: bool = True) -> Answer:
        answer = client.get(address, headers={"If-None-Match": tag} if tag else {})
        if answer.status_code != (304 if tag else 200):
            raise RuntimeError(f"{address} answered {answer.status_code}: {answer.content[:200]!r}")
        if answer.streaming and read:
            sum(len(block) for block in answer)
        return answer

    return get
