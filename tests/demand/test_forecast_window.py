"""A page of a forecast read alone has the rows that the whole forecast has there."""

from datetime import date
from itertools import product as cartesian

import pandas as pd
import pytest
from django.db import transaction

from cycles.models import Cycle
from demand.models import CycleLine, ForecastVersion, Line
from demand.selectors.forecast import FILTERS, Level, Measure, Wanted, forecast_table, forecast_version
from demand.selectors.forecast_window import forecast_in_blocks, forecast_window, is_windowed
from jobs.errors import Invalid
from jobs.models import Job
from masterdata.models import Customer
from tests.cast import small_company
from tests.meetings.journey import APPROVED, approved, do_job


@pytest.fixture(scope="module")
def published(django_db_setup: None, django_db_blocker: object) -> object:
    """A published forecast; everything is undone after the last test."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        atomic = transaction.atomic()
        atomic.__enter__()
        cycle = approved(small_company())
        do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
        yield cycle
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def version_of(wanted: Wanted) -> ForecastVersion:
    version = forecast_version(wanted)
    assert version is not None
    return version


def codes(cycle: Cycle, column: str) -> list[str]:
    table = forecast_table(Wanted(cycle, level=Level.LINE))
    known = {"customer": list(table.keys["customer"]), "product": list(table.keys["product"])}
    return known[column]


def check_same(wanted: Wanted, first: int, last: int) -> None:
    table = forecast_table(wanted)
    rows, count = forecast_window(wanted, version_of(wanted), first, last)
    assert count == len(table)
    pd.testing.assert_frame_equal(rows, table.slice(first, last), check_dtype=False)


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 100), (23, 25), (7, 500), (100, 10_000), (9_999, 10_100)])
def test_the_same_rows(published: Cycle, db: None, measure: Measure, first: int, last: int) -> None:
    check_same(Wanted(published, level=Level.LINE, measure=measure), first, last)


def test_some_months_and_some_codes(published: Cycle, db: None) -> None:
    customers, products = codes(published, "customer"), codes(published, "product")
    some = {"month_from": date(2027, 1, 1), "month_to": date(2027, 3, 1)}
    for filters in (
        {"customer": [customers[0]]},
        {"product": [products[-1], products[0]]},
        {"customer": [customers[0]], "product": [products[-1]]},
        {"rep": ["rita"]},
        {"customer": []},
    ):
        wanted = Wanted(published, level=Level.LINE, filters=filters, **some)  # type: ignore[arg-type]
        check_same(wanted, 0, 10)
        check_same(wanted, 2, 1000)


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("lines_a_block", [1, 3, 2_000])
def test_the_blocks_are_the_table(
    published: Cycle, db: None, monkeypatch: pytest.MonkeyPatch, measure: Measure, lines_a_block: int
) -> None:
    monkeypatch.setattr("demand.selectors.forecast_window.BLOCK_LINES", lines_a_block)
    product = codes(published, "product")[0]
    for filters in ({}, {"product": [product]}):
        wanted = Wanted(published, level=Level.LINE, measure=measure, filters=filters, month_from=date(2027, 1, 1))
        table = forecast_table(wanted)
        blocks = list(forecast_in_blocks(wanted, version_of(wanted)))
        assert [len(block.keys) for block in blocks[:-1]] == [lines_a_block] * (len(blocks) - 1)
        assert sum(map(len, blocks)) == len(table) > 0
        whole = pd.concat([block.long() for block in blocks], ignore_index=True)
        pd.testing.assert_frame_equal(whole, table.long(), check_dtype=False)


def test_no_line_makes_no_block(published: Cycle, db: None) -> None:
    keys = forecast_table(Wanted(published, level=Level.LINE)).keys
    sold = set(zip(keys["customer"], keys["product"], strict=True))
    customer, product = next(pair for pair in cartesian(keys["customer"], keys["product"]) if pair not in sold)
    wanted = Wanted(published, level=Level.LINE, filters={"customer": [customer], "product": [product]})
    assert list(forecast_in_blocks(wanted, version_of(wanted))) == []


@pytest.mark.parametrize("level", [Level.FAMILY, Level.REGION, Level.COMPANY])
def test_other_levels_come_in_blocks_too(published: Cycle, db: None, level: Level) -> None:
    wanted = Wanted(published, level=level)
    blocks = list(forecast_in_blocks(wanted, version_of(wanted)))
    pd.testing.assert_frame_equal(
        pd.concat([block.long() for block in blocks], ignore_index=True), forecast_table(wanted).long()
    )


@pytest.mark.parametrize("column", FILTERS)
def test_an_unknown_code_is_refused_in_the_same_words(published: Cycle, db: None, column: str) -> None:
    wanted = Wanted(published, level=Level.LINE, filters={column: ["nothing", "none"]})
    with pytest.raises(Invalid) as whole:
        forecast_table(wanted)
    with pytest.raises(Invalid) as window:
        forecast_window(wanted, version_of(wanted), 0, 10)
    with pytest.raises(Invalid) as blocks:
        forecast_in_blocks(wanted, version_of(wanted))
    for refusal in (window.value, blocks.value):
        assert (refusal.detail, refusal.extra) == (whole.value.detail, whole.value.extra)


def test_a_line_that_came_after_the_version_is_not_in_it(published: Cycle, db: None) -> None:
    wanted = Wanted(published, level=Level.LINE)
    known = CycleLine.objects.filter(cycle=published).select_related("line")[0]
    newcomer = Customer.objects.create(code="A-NEWCOMER", name="Newcomer")
    line = Line.objects.create(product=known.line.product, customer=newcomer)
    known.pk = None
    known.line = line
    known.save()
    rows, count = forecast_window(wanted, version_of(wanted), 0, 10_000)
    assert "A-NEWCOMER" not in set(rows["customer"])
    assert count == len(forecast_table(wanted)) == len(rows)
    assert sum(map(len, forecast_in_blocks(wanted, version_of(wanted)))) == count


def test_what_a_window_answers(published: Cycle) -> None:
    assert is_windowed(Wanted(published, level=Level.LINE))
    assert not is_windowed(Wanted(published, level=Level.FAMILY))
    assert not is_windowed(Wanted(published, level=Level.LINE, filters={"region": [""]}))
