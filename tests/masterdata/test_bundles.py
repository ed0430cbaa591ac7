"""Which files an import is made of."""

import pytest

from masterdata import bundles
from masterdata.bundles import ImportFile, content_hash, sorted_out, uploaded_files, zip_files
from tests.masterdata.workbook_files import named_zip

KNOWN = ["bookings", "budget"]


def test_other_files_and_open_spreadsheets_are_left_alone():
    files = [ImportFile(name, b"") for name in ("NOTICE.md", "~$bookings.xlsx", ".budget.csv", "Bookings.CSV")]
    chosen, errors = sorted_out(files, KNOWN)
    assert list(chosen) == ["bookings"]
    assert errors == []


def test_an_unknown_table_is_named_with_a_suggestion():
    _, errors = sorted_out([ImportFile("bookngs.csv", b""), ImportFile("budget.csv", b"")], KNOWN)
    assert len(errors) == 1
    assert str(errors[0]).startswith("bookngs.csv:1:-: ")
    assert "Did you mean 'bookings'?" in errors[0].message


def test_the_same_table_twice_is_an_error():
    _, errors = sorted_out([ImportFile("budget.csv", b""), ImportFile("budget.xlsx", b"")], KNOWN)
    assert "budget.csv is here too" in errors[0].message


def test_an_empty_folder_says_what_belongs_in_it():
    _, errors = sorted_out([ImportFile("readme.txt", b"")], KNOWN)
    assert "no CSV or XLSX file here. Known: bookings, budget." in errors[0].message


def test_a_zip_with_folders_gives_its_tables():
    data = named_zip({"month/bookings.csv": b"a", "month/notes.txt": b"b", "__MACOSX/month/bookings.csv": b"c"})
    assert zip_files(ImportFile("month.zip", data)) == [ImportFile("bookings.csv", b"a")]


def test_uploads_are_limited_together(monkeypatch):
    monkeypatch.setattr(bundles, "LARGEST_UPLOAD", 10)
    assert len(uploaded_files([ImportFile("a.csv", b"12345"), ImportFile("b.csv", b"12345")])) == 2
    with pytest.raises(ValueError, match="Together"):
        uploaded_files([ImportFile("a.csv", b"123456"), ImportFile("b.csv", b"12345")])


def test_a_bad_zip_is_named():
    with pytest.raises(ValueError, match=r"month\.zip: The file is damaged"):
        uploaded_files([ImportFile("month.zip", b"no zip")])


def test_the_hash_knows_content_not_order_or_case_of_names():
    one, two = ImportFile("bookings.csv", b"1"), ImportFile("budget.csv", b"2")
    assert content_hash([one, two]) == content_hash([two, ImportFile("Bookings.csv", b"1")])
    assert content_hash([one, two]) != content_hash([one, ImportFile("budget.csv", b"3")])
    assert content_hash([ImportFile("a.csv", b"bc")]) != content_hash([ImportFile("a.csv", b"b")])
