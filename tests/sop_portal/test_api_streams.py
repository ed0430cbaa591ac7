"""The forecast in every form: the same rows, by `format` or `Accept`, in blocks, compressed where it is asked for."""

import csv
import gzip
import io
import tracemalloc
from datetime import date

import brotli
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from demand.forecast_table import ForecastTable, grouped, rolled_up
from demand.selectors.stored import vectors_read
from jobs.models import Job
from masterdata.exports import harmless
from masterdata.services.keys import key_create
from sop_portal.api.streams import STREAMS, arrow_bytes, batches, csv_bytes, parquet_bytes
from tests.cast import small_company
from tests.meetings.journey import APPROVED, approved, do_job

URL = "/api/v1/company-forecast/"
TYPES = {form: content_type.partition(";")[0] for form, (content_type, _) in STREAMS.items()}


@pytest.fixture(scope="module")
def headers(django_db_setup: None, django_db_blocker: object) -> object:
    """A program's key to the published forecast of 2026-11; everything is undone after the last test."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        atomic = transaction.atomic()
        atomic.__enter__()
        cast = small_company()
        do_job(Job.objects.get(kind="publish", key=approved(cast).code), APPROVED)
        secret = key_create(person=cast.api_client, scopes=("forecast:read",), at=timezone.now())[1]
        yield {"Authorization": f"Bearer {secret}"}
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@pytest.fixture
def ask(headers: dict[str, str], db: None) -> object:
    def get(accept: str = "*/*", encoding: str = "", **query: str) -> object:
        more = {"Accept": accept} | ({"Accept-Encoding": encoding} if encoding else {})
        return Client().get(URL, query, headers=headers | more)

    return get


def whole(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def read(form: str, data: bytes) -> list[tuple[str, str, str, float]]:
    """(customer, product, month, quantity) of every row, whatever the form."""
    if form == "csv":
        return [(*row[:3], float(row[3])) for row in list(csv.reader(io.StringIO(data.decode())))[1:]]
    table = pa.ipc.open_stream(data).read_all() if form == "arrow" else pa.parquet.read_table(pa.BufferReader(data))
    return [(r["customer"], r["product"], f"{r['month']:%Y-%m}", r["quantity"]) for r in table.to_pylist()]


@pytest.mark.parametrize("form", STREAMS)
def test_every_form_has_the_rows_of_json(ask, form: str) -> None:
    rows = ask(level="line", page_size="10000").json()["results"]
    expected = [(r["customer"], r["product"], r["month"], r["quantity"]) for r in rows]
    asked, accepted = ask(level="line", format=form), ask(level="line", accept=TYPES[form])
    assert asked.streaming
    assert asked["Content-Type"] == accepted["Content-Type"] == STREAMS[form][0]
    assert asked["Content-Disposition"].endswith(f'company_forecast_2026-11_line.{form}"')
    assert read(form, whole(asked)) == read(form, whole(accepted)) == expected
    assert len(expected) > 200


def test_format_comes_before_accept(ask) -> None:
    assert ask(format="csv", accept="application/json")["Content-Type"].startswith("text/csv")
    assert ask(accept="text/html;q=0.9, text/csv;q=0.8, */*;q=0.1")["Content-Type"].startswith("text/csv")
    assert ask(accept="text/csv;q=0.2, application/json")["Content-Type"] == "application/json"


def test_what_cannot_be_sent_is_told_as_a_problem(ask) -> None:
    answer = ask(accept="application/pdf")
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    assert "text/csv" in answer.json()["detail"]
    refused = ask(accept="text/csv", level="planet")
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")


def test_only_the_fields_asked_for(ask) -> None:
    query = {"level": "line", "fields": "quantity,product"}
    assert list(ask(**query).json()["results"][0]) == ["product", "quantity"]
    assert whole(ask(**query, format="csv")).splitlines()[0] == b"product,quantity"
    assert pa.parquet.read_schema(pa.BufferReader(whole(ask(**query, format="parquet")))).names == list(
        ask(**query).json()["results"][0]
    )
    refused = ask(level="line", fields="product,price")
    assert refused.status_code == 400
    assert "no field 'price'" in refused.json()["detail"]


@pytest.mark.parametrize(("encoding", "unpack"), [("gzip", gzip.decompress), ("gzip, br", brotli.decompress)])
def test_text_is_compressed_and_its_tag_still_known(ask, headers, encoding: str, unpack) -> None:
    for form in ("json", "csv"):
        plain, small = ask(level="line", format=form), ask(level="line", format=form, encoding=encoding)
        assert small["Content-Encoding"] == encoding.rpartition(" ")[2]
        body = [whole(a) if a.streaming else a.content for a in (plain, small)]
        assert unpack(body[1]) == body[0]
        assert len(body[1]) < len(body[0]) / 3
        assert small["ETag"] == f"W/{plain['ETag']}"
        again = Client().get(URL, {"level": "line", "format": form}, headers=headers | {"If-None-Match": small["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_parquet_is_not_compressed_twice(ask) -> None:
    assert "Content-Encoding" not in ask(level="line", format="parquet", encoding="gzip, br")


# --- The pure parts -----------------------------------------------------------------


def made(keys: int) -> ForecastTable:
    months = [date(2026, 1 + i, 1) for i in range(12)]
    names = pd.DataFrame({"customer": [f"C{i:06}" for i in range(keys)], "product": ["=P", *["P"] * (keys - 1)]})
    return ForecastTable(names, months, np.arange(keys * 12, dtype=float).reshape(keys, 12), "quantity")


def test_a_slice_is_a_part_of_the_long_form() -> None:
    table = made(5)
    long = table.long()
    assert len(table) == len(long) == 60
    for first, last in ((0, 60), (0, 1), (7, 31), (59, 90), (60, 70)):
        part = table.slice(first, last)
        pd.testing.assert_frame_equal(part, long.iloc[first:last].reset_index(drop=True), check_dtype=False)


def test_lines_add_up_by_key_in_order() -> None:
    frame = pd.DataFrame({"customer": ["B", "A", "B", "C"], "product": ["X", "X", "Y", "X"]})
    values = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])
    everything = np.ones(4, dtype=bool)
    keys, totals = rolled_up(values, grouped(frame, ("customer",)), everything)
    assert (keys["customer"].tolist(), totals.tolist()) == (["A", "B", "C"], [[3, 4], [6, 8], [7, 8]])
    keys, totals = rolled_up(values, grouped(frame, ("customer", "product")), everything)
    assert (keys["customer"].tolist(), totals[:, 0].tolist()) == (["A", "B", "B", "C"], [3, 1, 5, 7])
    keys, totals = rolled_up(values, grouped(frame, ()), frame["customer"].to_numpy() == "B")
    assert (len(keys), totals.tolist()) == (1, [[6, 8]])
    keys, totals = rolled_up(values, grouped(frame, ("product",)), np.zeros(4, dtype=bool))
    assert (len(keys), totals.shape) == (0, (0, 2))


def test_blocks_hold_every_row_once() -> None:
    table = made(9000)
    blocks = list(batches(table.blocks(2_000), table.columns))
    assert len(blocks) > 2
    assert sum(block.num_rows for block in blocks) == len(table)
    assert pa.Table.from_batches(blocks)["quantity"].to_numpy().tolist() == table.values.ravel().tolist()


def test_formulas_are_harmless_in_csv_and_as_they_are_elsewhere() -> None:
    table = made(2)
    assert b'"C000000","\'=P","2026-01",0\n' in b"".join(csv_bytes([table], table.columns))
    for form, data in (("parquet", parquet_bytes), ("arrow", arrow_bytes)):
        assert read(form, b"".join(data([table], table.columns)))[0] == ("C000000", "=P", "2026-01", 0.0)
    assert harmless("-1") == "'-1"


@pytest.mark.parametrize("form", STREAMS)
def test_a_stream_keeps_one_block_in_memory(form: str) -> None:
    """What is held while 1,200,000 rows pass is a small part of what passes."""
    table = made(100_000)
    tracemalloc.start()
    arrow_before, passed, most = pa.total_allocated_bytes(), 0, 0
    for block in STREAMS[form][1](table.blocks(2_000), table.columns):
        passed += len(block)
        most = max(most, pa.total_allocated_bytes() - arrow_before)
    most += tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 32 * 2**20
    assert passed > 2**20


def test_vectors_are_read_as_the_database_sends_them(db: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT array_send(v) FROM (VALUES (ARRAY[1.5, 0, 1e11]::float8[]), (ARRAY[2, 3, 4])) AS t(v)")
        sent = [row[0] for row in cursor.fetchall()]
    assert vectors_read(sent, 3).tolist() == [[1.5, 0.0, 1e11], [2.0, 3.0, 4.0]]
    assert vectors_read([], 24).shape == (0, 24)
