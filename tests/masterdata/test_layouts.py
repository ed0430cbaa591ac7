"""Files with habits of their own: what is recognised, what is read, what is asked rather than guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demand.importers import BOOKINGS, BUDGET
from masterdata.checks import check
from masterdata.frames import Column, Kind
from masterdata.importers import CUSTOMERS, PRODUCTS
from masterdata.layouts import Layout, month_title, plain_date, plain_number, rewritten
from masterdata.reading import read
from masterdata.recognition import columns_of, decimal_of, encoding_of, file_of, order_of, separator_of

SPECS = (CUSTOMERS, PRODUCTS, BOOKINGS, BUDGET)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Müller".encode(), "utf-8"),
        ("\ufeffMüller".encode(), "utf-8"),
        ("Müller".encode("utf-16"), "utf-16"),
        ("Müller und Söhne".encode("utf-16-le"), "utf-16-le"),
        ("Müller und Söhne".encode("utf-16-be"), "utf-16-be"),
        ("Müller".encode("cp1252"), "cp1252"),
        (b"", "utf-8"),
    ],
)
def test_encodings(data, encoding):
    assert encoding_of(data) == encoding


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("code\nA\n", ","),
        ('a,b\n"1;2;3;4",2\n', ","),
        ("", ","),
    ],
)
def test_separators(text, separator):
    assert separator_of(text) == separator


@pytest.mark.parametrize(
    ("texts", "sign"),
    [
        (["1,5", "1.000"], ","),
        (["1.5", "1,000"], "."),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["1.234,5"], ","),
        (["0,125"], ","),
        (["1.000", "2.000"], "?"),
        (["12", "7"], "?"),
        ([], "?"),
    ],
)
def test_decimal_signs_are_proved_not_guessed(texts, sign):
    assert decimal_of(texts, untold="?") == sign


@pytest.mark.parametrize(
    ("texts", "months", "order"),
    [
        (["13.01.2026"], False, "dmy"),
        (["01/13/2026"], False, "mdy"),
        (["2026-01-13"], False, "ymd"),
        (["01/02/2026", "01/03/2026"], True, "dmy"),
        (["02/01/2026", "03/01/2026"], True, "mdy"),
        (["01/02/2026"], False, ""),
    ],
)
def test_orders_of_dates(texts, months, order):
    assert order_of(texts, are_months=months) == order


@pytest.mark.parametrize(
    ("text", "sign", "plain"),
    [
        ("1.250,5", ",", "1250.5"),
        ("1 250,5", ",", "1250.5"),
        ("1\u00a0250", ",", "1250"),
        ("1'250.5", ".", "1250.5"),
        ("1,250.5", ".", "1250.5"),
        ("12-", ",", "-12"),
        ("(12,5)", ",", "-12.5"),
        ("€ 3,10", ",", "3.10"),
        ("-0,5", ",", "-0.5"),
        ("12", "", "12"),
        ("seven", ",", "seven"),
    ],
)
def test_numbers(text, sign, plain):
    assert plain_number(text, sign) == plain


@pytest.mark.parametrize(("text", "sign"), [("1.000", ""), ("12,500", ""), ("1.5", ","), ("1.00", ",")])
def test_a_number_that_means_two_things_is_asked_about(text, sign):
    with pytest.raises(ValueError, match=r"could be|decimal comma"):
        plain_number(text, sign)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False))
def test_a_number_survives_being_written_the_german_way(value):
    german = f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    assert float(plain_number(german, ",")) == float(value)
    assert float(plain_number(f"{value:,.2f}", ".")) == float(value)


@given(st.dates(), st.sampled_from(["dmy", "mdy", "ymd"]))
def test_a_day_survives_its_order(day, order):
    written = {"dmy": f"{day:%d.%m.}{day.year:04d}", "mdy": f"{day:%m/%d/}{day.year:04d}", "ymd": day.isoformat()}
    assert plain_date(written[order], order, is_month=False) == day.isoformat()


@pytest.mark.parametrize(
    "text",
    ["2026-11", "11/2026", "11.2026", "202611", "Nov 2026", "Nov-26", "November 2026", "2026M11", "01.11.2026",
     "2026-11-01T00:00:00", "nov. 2026", "2026 Nov"],
)  # fmt: skip
def test_months(text):
    assert plain_date(text, "dmy", is_month=True) == "2026-11"
    assert month_title(text) == "2026-11"


def test_a_day_is_no_month_and_a_word_neither():
    assert plain_date("15.11.2026", "dmy", is_month=True) == "2026-11-15"
    assert month_title("Customer 2026") == ""
    assert month_title("qty") == ""


def test_a_day_that_means_two_things_is_asked_about():
    with pytest.raises(ValueError, match="two days"):
        plain_date("03/04/2026", "", is_month=False)
    assert plain_date("03/03/2026", "", is_month=False) == "2026-03-03"
    assert plain_date("13/03/2026", "", is_month=False) == "2026-03-13"


def test_columns_by_name_word_likeness_and_memory():
    titles = ["Kunden-Nr.", "Artikel", "Monat", "Menge", "Umsätze", "Filler"]
    columns, fills = columns_of(titles, BOOKINGS, {"Umsätze": "revenue"})
    assert columns == ("customer", "product", "month", "qty", "revenue", "")
    assert fills == ""
    assert columns_of(["Custmer", "PRODUCT", "Month ", "Qty"], BOOKINGS, {})[0] == (
        "customer",
        "product",
        "month",
        "qty",
    )


def test_months_as_columns():
    columns, fills = columns_of(["customer", "product", "Oct 2026", "Nov 2026", "Total"], BOOKINGS, {})
    assert columns == ("customer", "product", "@2026-10", "@2026-11", "")
    assert fills == "qty"


def test_which_file_it_is():
    assert file_of("bookings", ["x"], SPECS) == "bookings"
    assert file_of("export customer 2026", ["x"], SPECS) == "customers"
    assert file_of("q3", ["Customer", "Product", "Month", "Quantity", "Sales"], SPECS) == "bookings"
    assert file_of("q3", ["alpha", "beta"], SPECS) == ""


def layout(**facts) -> Layout:
    return Layout(file="bookings", **facts)


def test_a_german_file_is_read_with_its_own_words_in_the_faults():
    titles = ("Monat", "Kunde", "Artikel", "Menge", "Bemerkung")
    told = layout(
        encoding="cp1252", separator=";", decimal=",", dates="dmy", titles=titles,
        columns=("month", "customer", "product", "qty", ""),
    )  # fmt: skip
    text = "Monat;Kunde;Artikel;Menge;Bemerkung\n01.10.2026;Müller;A;1.250,5;x\n15.10.2026;B;A;viel;y\n"
    reading = read("b.csv", text.encode("cp1252"), BOOKINGS, None, told)
    checked = check(reading.raw, BOOKINGS)
    assert checked.data["customer"].tolist() == ["Müller", "B"]
    assert checked.data["qty"].iloc[0] == 1250.5
    assert [(error.line, error.column, error.value) for error in checked.errors] == [
        (3, "Monat", "15.10.2026"),
        (3, "Menge", "viel"),
    ]


def test_months_as_columns_become_rows_and_empty_cells_none():
    told = layout(
        fills="qty", titles=("c", "p", "Oct 2026", "Nov 2026"), columns=("customer", "product", "@2026-10", "@2026-11")
    )
    reading = read("b.csv", b"c,p,Oct 2026,Nov 2026\nN,A,5,\nS,A,x,7\n", BOOKINGS, None, told)
    assert reading.errors == []
    checked = check(reading.raw, BOOKINGS)
    assert checked.data["month"].dt.strftime("%Y-%m").tolist() == ["2026-10", "2026-10", "2026-11"]
    assert [(error.line, error.column) for error in checked.errors] == [(3, "Oct 2026")]


def test_a_column_of_the_contract_that_nobody_names_is_missing():
    told = layout(titles=("m",), columns=("month",))
    faults = [str(error) for error in read("b.csv", b"m\n2026-10\n", BOOKINGS, None, told).errors]
    assert any("'qty' is missing" in fault for fault in faults)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "not text"),
        (b"PK\x03\x04", "not text"),
        (b"a,b\n1,\0\n", "zero byte"),
        (b"a,b\n1,\x81\n", "does not exist in UTF-8"),
        (b"", "empty"),
    ],
)
def test_what_is_no_text_is_told(data, says):
    told = layout(titles=("a", "b"), columns=("month", "qty"))
    assert says in read("b.csv", data, BOOKINGS, None, told).errors[0].message


def test_a_real_number_of_a_workbook_has_no_habits():
    assert rewritten(Layout(decimal=","), Column("qty", Kind.NUMBER), "\x1f1.234") == "1.234"


def test_a_file_of_more_rows_than_a_worker_manages_is_told(monkeypatch):
    monkeypatch.setattr("masterdata.reading.MOST_ROWS", 2)
    told = layout(titles=("month", "qty"), columns=("month", "qty"))
    reading = read("b.csv", b"month,qty\n2026-10,1\n2026-11,2\n", BOOKINGS, None, told)
    assert "more than 2 rows" in reading.errors[0].message
    assert reading.errors[0].line == 3
    assert not reading.complete
