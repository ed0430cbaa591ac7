"""From the approved numbers to the company forecast: limited to what supply commits, rounded, hashed.

Shapes: L lines, M months; matrices are (L, M) unless said otherwise.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cycles.periods import format_month
from demand.spreading import round_matrix

Matrix = NDArray[np.float64]
HASH_FORMAT: Final = "sop-portal/1"
TINY: Final = 1e-9


def company_forecast(demand_plan: ArrayLike, commitment: ArrayLike, decided: ArrayLike = False) -> Matrix:
    """The demand plan, limited cumulatively to the commitment where nobody decided otherwise.

    In an undecided cell: forecast = min(demand of the month + what still waits, commitment so far
    not used yet). So unmet demand moves to the month in which supply commits it. A cell that was
    decided (`decided`, a mask that broadcasts to (L, M)) keeps the demand plan's number and takes
    no part in the limit, on neither side. ValueError for negative or missing numbers.
    """
    wanted, committed = _checked("demand plan", demand_plan), _checked("commitment", commitment)
    if wanted.shape != committed.shape:
        raise ValueError(f"demand plan {wanted.shape} and commitment {committed.shape} differ in shape.")
    free = np.broadcast_to(~np.asarray(decided, dtype=bool), wanted.shape)
    result = wanted.copy()
    waiting, unused = np.zeros(len(wanted)), np.zeros(len(wanted))
    for t in range(wanted.shape[1]):
        asked = waiting + wanted[:, t]
        room = unused + committed[:, t]
        given = np.where(asked - room <= TINY * np.maximum(asked, 1.0), asked, room)
        result[:, t] = np.where(free[:, t], given, wanted[:, t])
        waiting = np.where(free[:, t], asked - given, waiting)
        unused = np.where(free[:, t], np.maximum(room - given, 0.0), unused)
    return result


def open_demand(demand_plan: ArrayLike, forecast: ArrayLike) -> Matrix:
    """Demand not yet in the company forecast at the end of each month (L, M), never negative.

    The last column is what is never met within the horizon: it stays on the line, visible to its rep.
    """
    wanted, planned = _checked("demand plan", demand_plan), _checked("company forecast", forecast)
    if wanted.shape != planned.shape:
        raise ValueError(f"demand plan {wanted.shape} and forecast {planned.shape} differ in shape.")
    return np.maximum(np.cumsum(wanted - planned, axis=1), 0.0)


def published_matrix(
    demand_plan: ArrayLike,
    commitment: ArrayLike,
    decided: ArrayLike,
    *,
    product_index: ArrayLike,
    decimals: ArrayLike,
    order: ArrayLike,
) -> Matrix:
    """The company forecast in whole units (or the product's decimals), ready to publish.

    Totals of product x month are kept, largest remainder over its lines, ties by `order` (line
    codes); see `demand.spreading.round_matrix`.
    """
    return round_matrix(company_forecast(demand_plan, commitment, decided), product_index, decimals, order)


def content_hash(
    *,
    stage: str,
    start: date,
    codes: Sequence[Sequence[str]],
    values: ArrayLike,
    decimals: int,
    attributes: Mapping[str, Sequence[object]] | None = None,
) -> str:
    """SHA-256 (hex) of a version's content, independent of the order of its lines.

    Canonical bytes: a JSON header (format, stage, first month, months, decimals, attribute names),
    then for every line, sorted by its codes, its codes and attributes as JSON and its quantities as
    little-endian 64-bit integers of 10**-decimals units. So a change of any rounded number, code or
    attribute (owner, price, ...) changes the hash, and float noise below rounding does not.
    ValueError for duplicate codes and for values that are missing or too large.
    """
    names = sorted(attributes or {})
    columns = [(attributes or {})[name] for name in names]
    matrix = _integers(values, decimals)
    _check_lines(codes, matrix, names, columns)
    digest = hashlib.sha256()
    digest.update(_canonical_bytes([HASH_FORMAT, stage, format_month(start), matrix.shape[1], decimals, names]))
    texts, numbers, width = _line_texts(codes, names, columns), matrix.tobytes(), matrix.shape[1] * matrix.itemsize
    for line in sorted(range(len(codes)), key=[tuple(code) for code in codes].__getitem__):
        digest.update(texts[line] + numbers[line * width : (line + 1) * width])
    return digest.hexdigest()


def _line_texts(codes: Sequence[Sequence[str]], names: list[str], columns: list[Sequence[object]]) -> list[bytes]:
    """Codes and attributes of each line as canonical bytes, column by column: 50,000 lines share few values."""
    texts = _Texts()
    keys = [",".join([texts[str, part] for part in code]) for code in codes]
    known = [_column(name, column, texts) for name, column in zip(names, columns, strict=True)]
    about = zip(*known or [[""] * len(codes)], strict=True)
    lines = [f"[[{key}],[{','.join(rest)}]]" for key, rest in zip(keys, about, strict=True)]
    return [f"{len(line)}:{line}".encode("ascii") for line in lines]


def _column(name: str, values: Sequence[object], texts: "_Texts") -> list[str]:
    try:
        return [texts[type(value), value] for value in values]
    except TypeError:  # a list, say, is no key
        raise ValueError(f"The attribute {name!r} has a value that cannot be hashed.") from None


class _Texts(dict[tuple[type, object], str]):
    """Values as canonical JSON, each written once however many lines have it."""

    def __missing__(self, key: tuple[type, object]) -> str:
        text = json.dumps(_canonical(key[1]), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        if key[1] != 0:  # 0.0 and -0.0 are one key and two texts
            self[key] = text
        return text


def _checked(name: str, values: ArrayLike) -> Matrix:
    matrix = np.asarray(values, dtype=float)
    if matrix.ndim != 2 or not np.isfinite(matrix).all() or (matrix < 0).any():
        raise ValueError(f"{name}: expected (lines, months) of known numbers of 0 or more.")
    return matrix


def _integers(values: ArrayLike, decimals: int) -> NDArray[np.int64]:
    matrix = _checked("values to hash", values)
    scaled = np.rint(matrix * 10.0**decimals)
    if (scaled > 2**53).any():
        raise ValueError("A quantity is too large to be hashed exactly.")
    return np.ascontiguousarray(scaled.astype("<i8"))


def _check_lines(
    codes: Sequence[Sequence[str]],
    matrix: NDArray[np.int64],
    names: Sequence[str],
    columns: Sequence[Sequence[object]],
) -> None:
    if len(codes) != len(matrix):
        raise ValueError(f"{len(codes)} line codes for {len(matrix)} rows.")
    if len({tuple(code) for code in codes}) != len(codes):
        raise ValueError("A line appears twice.")
    for name, column in zip(names, columns, strict=True):
        if len(column) != len(codes):
            raise ValueError(f"attribute {name!r} has {len(column)} values for {len(codes)} lines.")


def _canonical_bytes(content: list[object]) -> bytes:
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return f"{len(text)}:{text}".encode("ascii")


def _canonical(value: object) -> object:
    """Numbers as the shortest text that reads back the same, dates as ISO, None and text as they are."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
        raise ValueError(f"An attribute has the value {value!r}, which cannot be hashed.")
    return repr(float(value))
