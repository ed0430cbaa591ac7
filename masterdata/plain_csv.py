"""The columns of a plain CSV at once: no quotes, every row as wide as the header, no row blank.

Nearly every large file is one. Whatever is not, is read row by row by `masterdata.reading`, which can say what is wrong
on which line; so this only says that it has nothing to say.
"""

import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from masterdata.csv_text import MOST_COLUMNS
from masterdata.frames import Coded

LONGEST = 131_072  # characters of a cell that the reader row by row takes


def plain_columns(text: str, separator: str, most_rows: int) -> tuple[list[str], list[Coded]] | None:
    """(titles, columns) of the text of a CSV, row i of it on line i + 2; None where it is no plain one."""
    first, _, rest = text.partition("\n")
    titles = first.removesuffix("\r").split(separator)
    has_odd_ends = text.count("\r") not in (0, text.count("\r\n"))
    if '"' in text or has_odd_ends or not 2 <= len(titles) <= MOST_COLUMNS or not any(titles) or not rest:
        return None
    try:
        table = _read(rest, separator, len(titles))
    except pa.ArrowInvalid:
        return None
    if not 0 < table.num_rows <= most_rows:
        return None
    columns = [_coded(table.column(at).chunk(0)) for at in range(len(titles))]
    is_odd = titles[0] in columns[0].values or any(len(each) > LONGEST for one in columns for each in one.values)
    return None if is_odd or _has_blank_row(columns) else (titles, columns)


def _coded(column: pa.DictionaryArray) -> Coded:
    return Coded(column.indices.to_numpy(), column.dictionary.to_pylist())


def _has_blank_row(columns: list[Coded]) -> bool:
    if not all("" in column.values for column in columns):
        return False
    blank = [column.codes == column.values.index("") for column in columns]
    return bool(np.logical_and.reduce(blank).any())


def _read(rows: str, separator: str, width: int) -> pa.Table:
    names = [str(at) for at in range(width)]
    table = pc.read_csv(
        io.BytesIO(rows.encode()),
        read_options=pc.ReadOptions(column_names=names, use_threads=False),
        parse_options=pc.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
            strings_can_be_null=False,
            null_values=[],
        ),
    )
    return table.unify_dictionaries().combine_chunks()
