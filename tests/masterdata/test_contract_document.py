"""The document of the import contract names every file and column that the importers know."""

from pathlib import Path

import pytest

from sop_portal.imports import IMPORTERS

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text()
ROWS = {line.split("|")[1].strip(): line.split("|")[2] for line in DOCUMENT.splitlines() if line.startswith("| ")}


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.spec.name)
def test_every_column_is_named_and_marked(importer):
    told = ROWS[importer.spec.name]
    given = told.partition("[")[0]
    words = {word.strip(" *],") for part in told.replace(" or ", ",").split(",") for word in part.split("[")}
    assert set(importer.spec.names) <= words
    for column in importer.spec.columns:
        assert not column.required or column.name in given.replace("*", "")
        assert (f"**{column.name}**" in told) == (column.name in importer.spec.key)


def test_no_file_is_told_that_is_not_read():
    assert set(ROWS) - {"File"} == {importer.spec.name for importer in IMPORTERS}
