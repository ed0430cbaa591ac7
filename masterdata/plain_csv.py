"""The columns of a plain CSV at once: no quotes, every row as wide as the header, no row blank.

Nearly every large file is one. Whatever is not, is read row by row by `masterdata.reading`, which can say what is wrong
on which line; so this only says that it has nothing to say.
"""

import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

LONGEST = 131_072  # characters of a cell that the reader row by row takes


def plain_columns(text: str, separator: str, most_rows: int) -> tuple[list[str], list[np.ndarray]] | None:
    """(titles, columns of str) of the text of a CSV, row i of it on line i + 2; None where it is no plain one.

    Equal cells of a column are one object, so that a million rows of few codes take little memory.
    """
    first, _, rest = text.partition("\n")
    titles = first.removesuffix("\r").split(separator)
    has_odd_ends = text.count("\r") not in (0, text.count("\r\n"))
    if '"' in text or has_odd_ends or len(titles) < 2 or not any(titles) or not rest:
        return None
    try:
        table = _read(rest, separator, len(titles))
    except pa.ArrowInvalid:
        return None
    encoded = [table.column(at).chunk(0) for at in range(len(titles)) if table.num_rows]
    if not 0 < table.num_rows <= most_rows or titles[0] in encoded[0].dictionary.to_pylist():
        return None
    if any(len(text) > LONGEST for each in encoded for text in each.dictionary.to_pylist()):
        return None
    columns = [np.array(each.dictionary.to_pylist(), dtype=object)[each.indices.to_numpy()] for each in encoded]
    is_blank = all("" in each.dictionary.to_pylist() for each in encoded)
    if is_blank and np.logical_and.reduce([column == "" for column in columns]).any():
        return None
    return titles, columns


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
