"""What a file says about itself: its encoding, its separator, its decimal sign, its order of dates, its columns.

Everything here looks at text and returns what it found; "" where the file does not tell.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice

from masterdata.frames import DATES, NUMBERS, TYPED, FileSpec
from masterdata.layouts import MONTH_MARK, SEPARATORS, month_file, month_title, value_columns

LOOKED_AT = 100_000  # rows that evidence is looked for in
HEAD = 65_536
ALIKE = 0.84
Match = Callable[[str], str]
FEWEST_MONTHS = 2

_POINT = re.compile(r"[+-]?(?:\d+\.(?!\d{3}$)\d*|0\.\d+|\d{4,}\.\d+|\d{1,3}(?:,\d{3})+\.\d*|\d{1,3}(?:,\d{3}){2,})")
_COMMA = re.compile(r"[+-]?(?:\d+,(?!\d{3}$)\d*|0,\d+|\d{4,},\d+|\d{1,3}(?:\.\d{3})+,\d*|\d{1,3}(?:\.\d{3}){2,})")
_DAY = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](?:\d{4}|\d{2})")
# Words that files of other systems use for a column of the contract.
WORDS: Mapping[str, str] = {
    "month": "period monat periode date datum calendarmonth yearmonth bookingmonth mois",
    "customer": "customercode customerid customerno customernumber account accountid soldto client kunde kundennr"
    " kundennummer kundenummer debitor",
    "product": "productcode productid item itemcode itemno sku material materialno article artikel artikelnr"
    " artikelnummer produkt produit",
    "qty": "quantity qtybooked units pieces pcs menge anzahl stueck stuck quantite volume orderqty",
    "revenue": "amount sales salesamount netsales value netvalue turnover umsatz betrag erloes erlos wert",
    "code": "id key number no nr nummer itemcode sku customercode productcode customerid productid",
    "name": "description title bezeichnung label text designation",
    "family": "productfamily category group productgroup produktgruppe warengruppe familie",
    "region": "area territory gebiet",
    "owner": "rep salesrep salesperson accountmanager verkaeufer verkaufer vertreter",
    "rep": "salesrep salesperson owner verkaeufer vertreter",
    "price": "listprice unitprice salesprice preis vk",
    "unit_cost": "cost standardcost cogs kosten herstellkosten",
    "uom": "unit unitofmeasure einheit me",
    "username": "user login userid benutzer",
    "email": "mail emailaddress",
    "role": "rolle function",
    "reports_to": "manager boss vorgesetzter",
    "as_of": "date stockdate stichtag datum",
    "on_hand": "stock inventory onhandqty bestand lagerbestand",
    "safety_stock": "safetystock sicherheitsbestand",
    "order_line": "orderline orderno order ordernumber auftragsposition auftrag",
    "ordered_on": "orderdate bestelldatum auftragsdatum",
    "requested_on": "requestdate requesteddate wunschtermin",
    "promised_on": "promisedate promiseddate confirmeddate liefertermin",
    "shipped_on": "shipdate shippeddate lieferdatum",
    "shipped_qty": "shippedquantity qtyshipped liefermenge",
    "currency": "waehrung wahrung curr",
    "rate": "exchangerate kurs",
    "resource": "workcenter workcentre arbeitsplatz",
    "due_on": "duedate termin faellig",
}


def encoding_of(data: bytes) -> str:
    """A name of `layouts.ENCODINGS`; bytes that are no UTF-8 are taken for Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:HEAD]
    if head and b"\0" in head and len(head) > 3:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > 0.3 * len(head) / 2:
            return "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.utf_8_decode(data, "strict", True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def separator_of(text: str) -> str:
    """The sign that splits the first lines into the same, largest number of columns; a comma when none does."""
    head = text[:HEAD]
    complete = head.rfind("\n")
    head = head[:complete] if len(text) > HEAD and complete > 0 else head
    best, most = ",", 1
    for sign in SEPARATORS:
        widths = _widths(head, sign)
        if widths and widths[0] > most and sum(width == widths[0] for width in widths) >= 0.5 * len(widths):
            best, most = sign, widths[0]
    return best


def _widths(head: str, sign: str) -> list[int]:
    try:
        rows = islice(csv.reader(io.StringIO(head, newline=""), delimiter=sign), 50)
        return [len(row) for row in rows if any(row)]
    except csv.Error:
        return []


def decimal_of(texts: Iterable[str], *, untold: str) -> str:
    """The decimal sign that the numbers prove, the commoner one when they prove both; `untold` when none does."""
    point = comma = 0
    for text in texts:
        point += _POINT.fullmatch(text) is not None
        comma += _COMMA.fullmatch(text) is not None
    return untold if not point and not comma else "." if point >= comma else ","


def order_of(texts: Iterable[str], *, are_months: bool) -> str:
    """`dmy` or `mdy` where a day proves it, or months that are all written as their first day; "ymd" when none is."""
    found = {(int(day[1]), int(day[2])) for text in texts if (day := _DAY.fullmatch(text))}
    if not found:
        return "ymd"
    if any(first > 12 for first, _ in found):
        return "dmy"
    if any(second > 12 for _, second in found):
        return "mdy"
    if are_months and any(first != second for first, second in found):
        firsts = {first == 1 for first, _ in found}
        seconds = {second == 1 for _, second in found}
        if (firsts == {True}) != (seconds == {True}):
            return "dmy" if firsts == {True} else "mdy"
    return ""


def normal(title: str) -> str:
    """A title without accents, case, spaces and signs: `'Kunden-Nr.'` -> `'kundennr'`."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("ß", "ss"))
    return "".join(sign for sign in plain if sign.isalnum())


def columns_of(titles: Sequence[str], spec: FileSpec, remembered: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """(contract's column of each title, the column that month columns fill): as last time, by name, by likeness."""
    chosen = [""] * len(titles)
    for match in (_as_last_time(remembered, spec), _by_name(spec), _by_word(spec), _by_likeness(spec)):
        for position, title in enumerate(titles):
            name = match(title) if title and not chosen[position] else ""
            if name and name not in chosen:
                chosen[position] = name
    # a title that stands twice means the same twice, so that the check says so and nobody's figures are guessed
    chosen = [chosen[titles.index(title)] if title else name for title, name in zip(titles, chosen, strict=True)]
    months = [month_title(title) for title in titles]
    is_wide = month_file(spec) and "month" not in chosen and sum(map(bool, months)) >= FEWEST_MONTHS
    if not is_wide:
        return tuple(chosen), ""
    fills = value_columns(spec)[0]
    wide = [f"{MONTH_MARK}{month}" if month else name for month, name in zip(months, chosen, strict=True)]
    return tuple("" if name == fills else name for name in wide), fills


def _as_last_time(remembered: Mapping[str, str], spec: FileSpec) -> Match:
    return lambda title: name if (name := remembered.get(title, "")) in spec.names else ""


def _by_name(spec: FileSpec) -> Match:
    names = {normal(name): name for name in spec.names}
    return lambda title: names.get(normal(title), "")


def _by_word(spec: FileSpec) -> Match:
    words = {word: name for name in reversed(spec.names) for word in WORDS.get(name, "").split()}
    return lambda title: words.get(normal(title), "")


def _by_likeness(spec: FileSpec) -> Match:
    def match(title: str) -> str:
        ratios = [(SequenceMatcher(None, normal(title), normal(name)).ratio(), name) for name in spec.names]
        ratio, name = max(ratios)
        return name if ratio >= ALIKE else ""

    return match


def file_of(stem: str, titles: Sequence[str], specs: Sequence[FileSpec]) -> str:
    """Which file of the contract it is: by its name, by a name in it, else by the columns; "" when none fits."""
    names = [spec.name for spec in specs]
    if stem in names:
        return stem
    named = [name for name in names if normal(name) in normal(stem) or normal(name.rstrip("s")) in normal(stem)]
    if named:
        return max(named, key=len)
    fits = [(fit, spec.name) for spec in specs if (fit := _fit(titles, spec)) > 0]
    return max(fits)[1] if fits else ""


def _fit(titles: Sequence[str], spec: FileSpec) -> float:
    """How well titles fill a file: all required columns, and as few of the titles left over as may be."""
    columns, fills = columns_of(titles, spec, {})
    given = {name for name in columns if name and not name.startswith(MONTH_MARK)}
    given |= {fills, "month"} if fills else set()
    required = {column.name for column in spec.columns if column.required}
    if not required <= given:
        return -1.0
    return sum(map(bool, columns)) / max(len(titles), 1) + len(required) / 100


def numbers_in(columns: Sequence[str], rows: Iterable[Sequence[str]], spec: FileSpec, fills: str) -> Iterable[str]:
    """The filled cells of number columns, as far as evidence is looked for."""
    wanted = {column.name for column in spec.columns if column.kind in NUMBERS}
    places = [at for at, name in enumerate(columns) if name in wanted or (fills and name.startswith(MONTH_MARK))]
    return _cells(places, rows)


def dates_in(columns: Sequence[str], rows: Iterable[Sequence[str]], spec: FileSpec) -> Iterable[str]:
    wanted = {column.name for column in spec.columns if column.kind in DATES}
    return _cells([at for at, name in enumerate(columns) if name in wanted], rows)


def _cells(places: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    for row in islice(rows, LOOKED_AT):
        for place in places:
            if place < len(row) and row[place] and not row[place].startswith(TYPED):
                yield row[place].strip()
