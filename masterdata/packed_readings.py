"""A `Reading` as bytes and back, to hand it from the process that read a file to the one that checks it.

Columns travel as different texts and which of them stands in each row, so that a million rows are a few megabytes.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa

from masterdata.frames import Coded, Column, FileSpec, Kind, RawFile, RowError, coded
from masterdata.layouts import Layout
from masterdata.reading import Reading, habits_of

LINE, MONTH = "line", "month title"
OF_FILE = "column "
# More faults of shape than anybody reads; the rest is counted in the last one.
MOST_ERRORS = 100_000


def packed(reading: Reading) -> bytes:
    """An Arrow stream; faults and what else is told of a file stand in its metadata."""
    raw, errors = reading.raw, reading.errors[:MOST_ERRORS]
    more = len(reading.errors) - len(errors)
    if more:
        last = reading.errors[-1]
        errors.append(RowError(last.file, last.line, "", "", f"{more:,} more rows are wrong."))
    told = {"complete": reading.complete, "is_read": raw is not None, "errors": [each.as_dict() for each in errors]}
    arrays = {}
    if raw is not None:
        told |= {"titles": dict(raw.titles), "fills": raw.fills}
        arrays = {LINE: pa.array(raw.lines, pa.int64())}
        arrays |= {MONTH: _array(raw.months)} if raw.months else {}
        arrays |= {OF_FILE + name: _array(texts) for name, texts in raw.columns.items()}
    table = pa.table(arrays).replace_schema_metadata({"told": json.dumps(told)})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _array(texts: Sequence[str]) -> pa.DictionaryArray:
    column = coded(texts)
    return pa.DictionaryArray.from_arrays(pa.array(column.codes, pa.int32()), pa.array(column.values, pa.string()))


def unpacked(data: bytes, name: str, layout: Layout | None) -> Reading:
    """What `packed` was given, for the file of this name and layout."""
    table = pa.ipc.open_stream(data).read_all().combine_chunks()
    told = json.loads(table.schema.metadata[b"told"])
    reading = Reading(errors=[RowError(**each) for each in told["errors"]], complete=told["complete"])
    if told["is_read"]:
        columns = {title.removeprefix(OF_FILE): _texts(table, title) for title in table.column_names}
        lines = table.column(LINE).to_numpy()
        months = columns.pop(MONTH, [])
        del columns[LINE]
        rewrite, _ = habits_of(layout)
        reading.raw = RawFile(name, columns, lines, rewrite, told["titles"], months, told["fills"])
    return reading


def _texts(table: pa.Table, title: str) -> Sequence[str]:
    column = table.column(title)
    if title == LINE:
        return []
    if not column.num_chunks:
        return []
    only = column.chunk(0)
    return Coded(only.indices.to_numpy(), only.dictionary.to_pylist())


def spec_as_dict(spec: FileSpec) -> dict[str, object]:
    """A file of the contract as JSON can write it."""
    columns = [asdict(column) | {"kind": column.kind.value} for column in spec.columns]
    return asdict(spec) | {"columns": columns}


def spec_from_dict(facts: dict[str, object]) -> FileSpec:
    """What `spec_as_dict` was given."""
    columns = tuple(Column(**{**each, "kind": Kind(each["kind"])}) for each in facts["columns"])  # type: ignore
    groups = {name: tuple(map(tuple, facts[name])) for name in ("one_of", "any_of")}  # type: ignore
    return FileSpec(str(facts["name"]), str(facts["about"]), columns, tuple(facts["key"]), **groups)  # type: ignore
