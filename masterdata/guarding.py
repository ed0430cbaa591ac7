"""Guards before a zip (or an XLSX, which is one) is believed: parts, inflated size, ratio, places of cells.

Nothing is inflated as a whole before its size was counted in pieces. ValueError says what is wrong.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

MEGABYTE = 1024 * 1024
LARGEST_UPLOAD = 200 * MEGABYTE
LARGEST_INFLATED = 600 * MEGABYTE
MOST_PARTS = 500
# Plain text inflates about tenfold, a sheet of equal rows a hundredfold; a bomb a thousandfold.
HIGHEST_RATIO = 300
RATIO_FROM = 10 * MEGABYTE
PIECE = 256 * 1024
MOST_CELLS = 20_000_000

_PLACE = re.compile(rb"""\br=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_OVERLAP = 200


def opened_zip(data: bytes) -> zipfile.ZipFile:
    """The zip, after its parts have been counted and inflated once in pieces."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ValueError("The file is damaged or no zip file. Make it again.") from error
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise ValueError(f"The zip holds {len(parts)} files; at most {MOST_PARTS} are read.")
    total = 0
    for part in parts:
        for piece in pieces(archive, part):
            total += len(piece)
            _check_size(total, len(data))
    return archive


def _check_size(inflated: int, packed: int) -> None:
    if inflated > LARGEST_INFLATED:
        raise ValueError(f"Unpacked it is larger than {LARGEST_INFLATED // MEGABYTE} MB. Send it in parts.")
    if inflated > RATIO_FROM and inflated > HIGHEST_RATIO * packed:
        raise ValueError("It unpacks to far more than data does (a zip bomb?). Send plain files instead.")


def pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The inflated bytes of one part, piece by piece."""
    if part.flag_bits & 0x1:
        raise ValueError("The file is protected by a password. Save it without one.")
    try:
        with archive.open(part) as stream:
            while piece := stream.read(PIECE):
                yield piece
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"The part {part.filename!r} of the file is damaged. Make the file again.") from error


def check_workbook(archive: zipfile.ZipFile) -> None:
    """No macros, no document types or entities, no cell so far out that reading it would fill the memory."""
    for part in archive.infolist():
        if part.filename.lower().endswith("vbaproject.bin"):
            raise ValueError("The workbook has macros. Save it as .xlsx without them.")
        _check_part(archive, part)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    last_row, last_column, before = 1, 1, b""
    for piece in pieces(archive, part):
        text = before + piece
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise ValueError("The workbook declares a document type or entities. Save it again as .xlsx.")
        places = set(_PLACE.findall(text))
        last_row = max([last_row, *(int(row) for _, row in places)])
        last_column = max([last_column, *(column_number(name.decode()) for name in {name for name, _ in places})])
        before = text[-_OVERLAP:]
    if last_row * last_column > MOST_CELLS:
        raise ValueError(
            f"A cell stands as far out as row {last_row}, column {last_column}. "
            "Delete the empty rows and columns after the data and save again."
        )


def column_number(letters: str) -> int:
    """'A' -> 1, 'Z' -> 26, 'AA' -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
