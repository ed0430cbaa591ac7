"""Moving the demonstration in time: months, clipped days, month ends, the fiscal year, once."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.periods import fiscal_year, months_between
from masterdata.bundles import ImportFile
from sop_portal.demonstration.loading import demonstration_files, moved_files
from sop_portal.demonstration.shifting import (
    company_settings,
    months_to_shift,
    shift_text,
    shifted_file,
    shifted_files,
    shifted_setting,
)
from sop_portal.imports import IMPORTERS

SPECS = {importer.spec.name: importer.spec for importer in IMPORTERS}
COMPANY = ImportFile("company.csv", b"key,value\nfiscal_year_start_month,7\nlast_closed_month,2020-05\ntimezone,UTC\n")


@pytest.mark.parametrize(
    ("text", "months", "moved"),
    [
        ("2020-05", 77, "2026-10"),
        ("2020-05", 0, "2020-05"),
        ("2020-01", -1, "2019-12"),
        ("2020-05-31", 1, "2020-06-30"),
        ("2020-01-31", 1, "2020-02-29"),
        ("2020-04-30", 1, "2020-05-30"),
        ("2020-06-15", 77, "2026-11-15"),
    ],
)
def test_months_and_days(text, months, moved):
    assert shift_text(text, months=months) == moved


def test_a_month_end_stays_one_where_it_means_that():
    assert shift_text("2020-04-30", months=1, keeps_month_end=True) == "2020-05-31"
    assert shift_text("2020-04-29", months=1, keeps_month_end=True) == "2020-05-29"


def test_settings():
    assert shifted_setting("last_closed_month", "2020-05", months=77) == ["last_closed_month", "2026-10"]
    assert shifted_setting("fiscal_year_start_month", "7", months=77) == ["fiscal_year_start_month", "12"]
    assert shifted_setting("name", "2020-05", months=77) == ["name", "2020-05"]


@pytest.mark.parametrize(
    ("today", "months"),
    [(date(2020, 6, 1), 0), (date(2026, 11, 22), 77), (date(2020, 5, 31), -1), (date(2020, 7, 31), 1)],
)
def test_last_month_is_the_last_closed_one(today, months):
    assert months_to_shift([COMPANY], today) == months


def test_without_the_company_nothing_can_be_moved():
    with pytest.raises(ValueError, match=r"company\.csv is not among the files"):
        company_settings([ImportFile("bookings.csv", b"")])


def test_only_months_and_dates_move():
    file = ImportFile("customers.csv", b'code,name,owner_from\n2020-05,"Shop, 2020-05",2017-07\n007,Caf\xc3\xa9,\n')
    moved = shifted_file(file, SPECS["customers"], 12).data.decode()
    assert moved == 'code,name,owner_from\n2020-05,"Shop, 2020-05",2018-07\n007,Café,\n'


def test_files_outside_the_contract_stay_out():
    assert [file.name for file in shifted_files([COMPANY, ImportFile("NOTICE.md", b"")], SPECS, 1)] == ["company.csv"]


@given(st.integers(-300, 300), st.dates(date(1995, 1, 1), date(2060, 12, 31)))
def test_months_apart_stay_apart_and_months_move_back(months, day):
    month = f"{day:%Y-%m}"
    assert shift_text(shift_text(month, months=months), months=-months) == month
    moved = date.fromisoformat(shift_text(day.isoformat(), months=months))
    assert months_between(day, moved) == months
    assert moved.day <= day.day


@given(st.integers(-200, 200), st.dates(date(2000, 1, 1), date(2040, 12, 1)))
def test_a_month_keeps_its_place_in_the_fiscal_year(months, day):
    month = day.replace(day=1)
    start = int(shifted_setting("fiscal_year_start_month", "7", months=months)[1])
    moved = date.fromisoformat(shift_text(month.isoformat(), months=months))
    assert (moved.month - start) % 12 == (month.month - 7) % 12
    assert abs(fiscal_year(moved, start) - moved.year) <= 1


def test_the_day_counts_where_the_company_is():
    """At this moment it is December in UTC and still November in Los Angeles."""
    files = demonstration_files()
    _, months = moved_files(files, datetime(2026, 12, 1, 3, tzinfo=UTC))
    assert months == 77
    _, months = moved_files(files, datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert months == 78


def test_the_demonstration_moves_whole():
    files = demonstration_files()
    moved, months = moved_files(files, datetime(2026, 11, 22, 9, tzinfo=UTC))
    assert months == 77
    assert company_settings(moved)["last_closed_month"] == "2026-10"
    by_name = {file.name: file.data.decode() for file in moved}
    for file in files:
        assert by_name[file.name].count("\n") == file.data.decode().count("\n")
    assert by_name["bookings.csv"].splitlines()[1] == "2023-12,RS0017,BK-M82B-38,3,6074.97"
    assert {line.split(",")[0][-2:] for line in by_name["inventory.csv"].splitlines()[1:]} <= {"28", "29", "30", "31"}
