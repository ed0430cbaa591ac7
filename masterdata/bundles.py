"""The files of one import: uploads, what a zip holds, and which of them the contract knows."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from masterdata import cells
from masterdata.frames import RowError
from masterdata.guarding import LARGEST_UPLOAD, MEGABYTE, opened_zip
from masterdata.layouts import Layout
from masterdata.reading import SUFFIXES


@dataclass(frozen=True)
class ImportFile:
    """A file by its name and bytes; `layout` says how it is written when not as the contract says."""

    name: str
    data: bytes
    layout: Layout | None = None

    @property
    def stem(self) -> str:
        """The name the contract knows it by: `Bookings.CSV` -> `bookings`, unless its layout says another."""
        return (self.layout and self.layout.file) or PurePosixPath(self.name).stem.lower()

    @property
    def is_workbook(self) -> bool:
        return self.name.lower().endswith(".xlsx")

    @property
    def is_table(self) -> bool:
        """CSV or XLSX, and not the trace that an open spreadsheet leaves (`~$bookings.xlsx`)."""
        return self.name.lower().endswith(SUFFIXES) and not self.name.startswith((".", "~$"))


def uploaded_files(uploads: Iterable[ImportFile]) -> list[ImportFile]:
    """The uploads with every zip among them replaced by the tables in it; ValueError when a guard says no."""
    files: list[ImportFile] = []
    size = 0
    for upload in uploads:
        size += len(upload.data)
        if size > LARGEST_UPLOAD:
            raise ValueError(f"Together the files are larger than {LARGEST_UPLOAD // MEGABYTE} MB. Send them in parts.")
        files += zip_files(upload) if upload.name.lower().endswith(".zip") else [upload]
    return files


def zip_files(upload: ImportFile) -> list[ImportFile]:
    """The tables in a zip, in whatever folder they lie; other files are left alone."""
    try:
        archive = opened_zip(upload.data)
    except ValueError as error:
        raise ValueError(f"{upload.name}: {error}") from error
    parts = [part for part in archive.infolist() if not part.is_dir() and not part.filename.startswith("__MACOSX/")]
    named = [(PurePosixPath(part.filename).name, part) for part in parts]
    return [ImportFile(name, archive.read(part)) for name, part in named if ImportFile(name, b"").is_table]


def sorted_out(files: Sequence[ImportFile], known: Sequence[str]) -> tuple[dict[str, ImportFile], list[RowError]]:
    """({name in the contract: file}, errors): unknown tables and tables given twice are errors, others ignored."""
    tables = [file for file in files if file.is_table]
    chosen: dict[str, ImportFile] = {}
    errors = []
    for file in tables:
        if file.stem not in known:
            message = f"The file is none of the contract.{cells.hint(file.stem, known)} Known: {', '.join(known)}."
            errors.append(RowError(file.name, 1, "", "", message))
        elif file.stem in chosen:
            message = f"{chosen[file.stem].name} is here too. Keep one of the two."
            errors.append(RowError(file.name, 1, "", "", message))
        else:
            chosen[file.stem] = file
    if not tables:
        errors.append(RowError("folder", 1, "", "", f"There is no CSV or XLSX file here. Known: {', '.join(known)}."))
    return chosen, errors


def content_hash(files: Iterable[ImportFile]) -> str:
    """SHA-256 over the names and contents of the files, whatever their order."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.stem):
        digest.update(f"{file.stem}\0{len(file.data)}\0".encode() + file.data)
    return digest.hexdigest()
