"""A forecast as CSV, Parquet or Arrow, made of its blocks: whatever its size, one of them is in memory as text."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from demand.forecast_table import ForecastTable
from masterdata.exports import harmless

Blocks = Iterable[ForecastTable]


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """The month is a date (its first day), keys are text, the measure is a number."""
    return pa.schema([(name, _type(name)) for name in columns])


def _type(name: str) -> pa.DataType:
    if name == "month":
        return pa.date32()
    return pa.float64() if name in ("quantity", "revenue", "margin") else pa.string()


def batches(blocks: Blocks, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The chosen columns of the long form, a batch for each block."""
    for block in blocks:
        repeated = pa.array(np.repeat(np.arange(len(block.keys)), len(block.months)))
        made: dict[str, pa.Array] = {
            name: pa.array(block.keys[name], pa.string()).take(repeated) for name in block.keys if name in columns
        }
        made["month"] = pa.array(block.months * len(block.keys), pa.date32()) if "month" in columns else None
        made[block.measure] = pa.array(block.values.ravel())
        yield pa.RecordBatch.from_arrays([made[name] for name in columns], schema=schema_of(columns))


def csv_bytes(blocks: Blocks, columns: Sequence[str]) -> Iterator[bytes]:
    """Header, then rows; text that a spreadsheet would take for a formula is made harmless, numbers are not touched."""
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(columns)
    yield header.getvalue().encode()
    options = pa.csv.WriteOptions(include_header=False)
    for batch in batches(map(_harmless, blocks), columns):
        sink = io.BytesIO()
        pa.csv.write_csv(_months_as_text(batch), sink, options)
        yield sink.getvalue()


def _harmless(table: ForecastTable) -> ForecastTable:
    keys = table.keys.apply(lambda column: column.map(harmless))
    return ForecastTable(keys, table.months, table.values, table.measure)


def _months_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    if "month" not in batch.schema.names:
        return batch
    at = batch.schema.get_field_index("month")
    text = batch.column(at).dictionary_encode()
    words = pa.array([f"{month:%Y-%m}" for month in text.dictionary.to_pylist()], pa.string())
    return batch.set_column(at, "month", words.take(text.indices))


class Sink(io.RawIOBase):
    """What a writer has written since it was last asked."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(memoryview(data))  # type: ignore[arg-type]
        self.parts.append(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self.parts = self.parts, []
        return b"".join(parts)


def parquet_bytes(blocks: Blocks, columns: Sequence[str]) -> Iterator[bytes]:
    """One row group per block."""
    sink = Sink()
    with pa.parquet.ParquetWriter(sink, schema_of(columns)) as writer:
        for batch in batches(blocks, columns):
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


def arrow_bytes(blocks: Blocks, columns: Sequence[str]) -> Iterator[bytes]:
    """The streaming form of Arrow IPC."""
    sink = Sink()
    with pa.ipc.new_stream(sink, schema_of(columns)) as writer:
        for batch in batches(blocks, columns):
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


STREAMS: Final[Mapping[str, tuple[str, Callable[[Blocks, Sequence[str]], Iterator[bytes]]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_bytes),
    "parquet": ("application/vnd.apache.parquet", parquet_bytes),
    "arrow": ("application/vnd.apache.arrow.stream", arrow_bytes),
}


def months_text(months: Sequence[date]) -> list[str]:
    """Months as the interface writes them: YYYY-MM."""
    return [f"{month:%Y-%m}" for month in months]
