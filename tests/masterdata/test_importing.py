"""Checks that need more than one row or file: references, circles, planning codes, orders of dates."""

import pandas as pd

from masterdata.checks import check
from masterdata.frames import CheckedFile, Column, FileSpec, Kind, RawFile
from masterdata.importing import (
    Importer,
    Known,
    check_references,
    no_circles,
    ordered,
    overlaid,
    own_code_is_empty,
    planned_directly,
    planning_code,
    rows_where,
)

SPEC = FileSpec(
    "products",
    "products",
    (
        Column("code", Kind.CODE, required=True),
        Column("plan_as", Kind.CODE, reference="product"),
        Column("family", Kind.CODE, reference="family"),
        Column("from", Kind.MONTH),
        Column("to", Kind.MONTH),
    ),
    key=("code",),
)
IMPORTER = Importer(SPEC, table="product", defines="product")


def file(*rows: tuple[str, str], **columns: list[str]) -> CheckedFile:
    texts = {"code": [code for code, _ in rows], "plan_as": [above for _, above in rows]} | columns
    return check(RawFile("products.csv", texts, list(range(2, len(rows) + 2))), SPEC)


def known(checked: CheckedFile | None = None, families: tuple[str, ...] = (), **existing: str) -> Known:
    """What is stored (`P1="P2"` is a product planned as another), overlaid by the file."""
    stored = pd.DataFrame({"plan_as": list(existing.values())}, index=list(existing), dtype=object)
    tables = {"product": overlaid(stored, IMPORTER, checked), "family": pd.DataFrame(index=list(families))}
    return Known(tables, {"product": "products", "family": "families"})


def test_a_file_overlays_what_is_stored():
    checked = file(("A", "B"), ("B", ""))
    table = known(checked, A="", C="A").tables["product"]
    assert table["plan_as"].to_dict() == {"C": "A", "A": "B", "B": ""}


def test_references_are_found_in_the_file_or_the_database():
    checked = file(("A", "B"), ("B", ""), ("D", "C"))
    assert check_references(checked, known(checked, C="")) == []


def test_an_unknown_reference_names_the_file_it_should_stand_in():
    checked = file(("A", ""), ("B", ""), family=["BIKES", "BIKE"])
    errors = check_references(checked, known(checked, families=("BIKES",)))
    assert [str(error) for error in errors] == [
        "products.csv:3:family: 'BIKE' is an unknown family. It must stand in families.csv or be loaded already."
        " Did you mean 'BIKES'?"
    ]


def test_a_reference_into_an_unreadable_file_is_not_judged():
    checked = file(("A", ""), family=["BIKE"])
    sure = known(checked)
    assert check_references(checked, sure)
    assert check_references(checked, Known(sure.tables, sure.files, frozenset({"family"}))) == []


def test_look_alikes_are_other_codes():
    checked = file(("A", "\u0410"))
    assert "unknown product" in check_references(checked, known(checked))[0].message


def test_circles_within_the_file_and_through_the_database():
    checked = file(("A", "B"), ("B", "C"), ("C", "A"), ("D", "A"))
    errors = no_circles("product", "plan_as")(checked, known(checked))
    assert [(error.line, error.column) for error in errors] == [(2, "plan_as"), (3, "plan_as"), (4, "plan_as")]
    assert errors[0].message.startswith("A → B → C → A is a circle")
    checked = file(("A", "B"))
    assert len(no_circles("product", "plan_as")(checked, known(checked, B="A"))) == 1
    assert no_circles("product", "plan_as")(checked, known(checked, B="")) == []


def test_a_detail_is_no_planning_code():
    checked = file(("A", "B"), ("B", "C"), ("C", ""))
    errors = planned_directly("product")(checked, known(checked))
    assert [str(error) for error in errors] == ["products.csv:2:plan_as: B is itself planned as C. Name that one."]
    used = planning_code("code", "product")(checked, known(checked))
    assert [error.line for error in used] == [2, 3]


def test_dates_in_order():
    months = {"from": ["2026-02", "2026-02", "2026-02", ""], "to": ["2026-01", "2026-02", "", "2026-01"]}
    checked = file(("A", ""), ("B", ""), ("C", ""), ("D", ""), **months)
    assert [error.line for error in ordered("from", "to")(checked, known(checked))] == [2]


def test_rows_against_themselves():
    checked = file(("A", ""), ("B", "A"))
    rule = rows_where("plan_as", "No.", lambda data: data["plan_as"] == "A")
    assert [(error.line, error.message) for error in rule(checked, known(checked))] == [(3, "No.")]


def test_planned_as_itself_means_planned_directly():
    cleaned = own_code_is_empty("plan_as")(file(("A", "A"), ("B", "A")).data)
    assert cleaned["plan_as"].tolist() == ["", "A"]
