"""Strategies for what no client should send: bodies of JSON, headers, addresses and queries."""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any, Final

from hypothesis import strategies as st

from tests.attack.sending import Attack
from tests.attack.texts import MONTHS, NUMBERS, TEXTS

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
HUGE: Final = (10**30, -(10**30), 10**400, 2**31, 2**63, -(2**63) - 1, 1e308, 5e-324, -0.0)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(HUGE)
    | ANY_TEXT
    | st.sampled_from(TEXTS)
    | st.text("a", min_size=1, max_size=1).map(lambda one: one * 100_000)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=6,
)
Place = tuple[str | int, ...]


def _places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Every place inside a value that could hold something else."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield (*here, name)
        yield from _places(one, (*here, name))


def _put(value: Any, place: Place, new: Any) -> Any:
    for name in place[:-1]:
        value = value[name]
    value[place[-1]] = new
    return value


# What happens to a text on its way.
TWISTS: Final[tuple[Callable[[str], str | bytes], ...]] = (
    lambda text: text[: len(text) // 2],
    lambda text: text.replace("{", '{"token": 1, "token": 2, "rows": [], "rows": [], ', 1),
    lambda text: "[" * 50_000,
    lambda text: '{"a":' * 50_000,
    lambda text: text.replace("5", "5" * 5000, 1),
    lambda text: text.replace("5", "NaN", 1),
    lambda text: text.replace("5", "-Infinity", 1),
    lambda text: text.replace("5", "1e999999", 1),
    lambda text: text.replace('"', '"\\u0000', 1),
    lambda text: text.replace('"', '"\x00', 1),
    lambda text: text.replace('"', '"\\ud800', 3),
    lambda text: text.replace('": "', '": "\\udfff', 3),
    lambda text: text + text,
    lambda text: "\ufeff" + text,
    lambda text: text.encode("utf-16"),
    lambda text: text.replace('"', '"é', 1).encode("latin-1", "replace"),
    lambda text: text.encode() + b"\xff\xfe\x00",
    lambda text: "/* a comment */" + text,
    lambda text: text.replace(":", "=", 1),
    lambda text: "",
    lambda text: " " * 100_000,
)


@st.composite
def bodies(draw: st.DrawFn, good: Sequence[tuple[str, str, str]], people: Sequence[str]) -> Attack:
    """A good body of JSON (method, path, text) with a place replaced, something added, or the text twisted."""
    method, path, text = draw(st.sampled_from(good))
    body = deepcopy(json.loads(text))
    how = draw(st.integers(0, 9))
    if how == 0:
        body = draw(VALUES)
    elif how < 7:
        place = draw(st.sampled_from(list(_places(body))))
        _put(body, place, draw(VALUES))
        if draw(st.booleans()):
            target = _put(body, place, draw(VALUES)) if len(place) > 1 else body
            if isinstance(target, dict):
                target[draw(ANY_TEXT)] = draw(VALUES)
    sent: str | bytes = json.dumps(body)
    if how >= 7:
        sent = draw(st.sampled_from(TWISTS))(str(sent))
    return Attack(draw(st.sampled_from(people)), method, path, sent or " ", {"Accept": "application/json"})


# --- Headers ----------------------------------------------------------------------

TAGS = ("*", '"x"', 'W/"x"', '"', '""', '"a","b"', ",", "x" * 9000, "ü", 'W/"x', "\x00")
MOMENTS = ("yesterday", "Thu, 99 Foo 20000 99:99:99 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "0", "-1", "\xff")
WEIGHTS = ("*/*;q=0", "text/html;q=x", ",;,", "application/*", "a/b/c", "*", "", "application/json;q=2", ";" * 5000)
FORM = "multipart/form-data"
HEADERS: Final[dict[str, Sequence[str]]] = {
    "If-Match": TAGS,
    "If-None-Match": TAGS,
    "If-Range": (*TAGS, *MOMENTS),
    "If-Modified-Since": MOMENTS,
    "If-Unmodified-Since": MOMENTS,
    "Range": ("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=" + "0-0," * 3000, "rows=1-2", f"bytes={'9' * 5000}-", "="),
    "Accept": (*WEIGHTS, "text/csv", "application/vnd.apache.parquet", "image/png", "application/json;v=\xff"),
    "Accept-Encoding": ("br;q=0, gzip;q=0", "*;q=0", "br;q=abc", "br;q=", "identity;q=0", ",,;", "gzip" * 2000, "br;;"),
    "Accept-Language": ("xx", "de;q=", "*" * 5000, "en-\xff", ",,,", "zh-Hant-TW-x-very-long" * 50),
    "Accept-Charset": ("utf-7", "*;q=0"),
    "Content-Type": (
        *("application/json; charset=nonsense", "application/json; charset=utf-16", "application/json; charset=\xff"),
        *(FORM, f"{FORM}; boundary=", f"{FORM}; boundary=\xff", f"{FORM}; boundary={'x' * 500}", f"{FORM}; boundary=x"),
        *("text/plain", "application/xml", "", ";", "a", "text/csv", "text/csv; charset=utf-16", "APPLICATION/JSON"),
        *("application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded; charset=none"),
    ),
    "Content-Encoding": ("gzip", "br", "identity", "x", "\xff"),
    "Content-Length": ("-1", "0", "x", "99999999999999999999", "1.5", ""),
    "Transfer-Encoding": ("chunked", "gzip, chunked"),
    "Authorization": (
        *(
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Basic Og==",
            "bearer \xff",
            "Bearer " + "x" * 10_000,
            "Negotiate",
            "\x00",
        ),
        *("Bearer sop_" + "ü" * 30, "Bearer sop_a\x00b", "Token x", "Basic " + "=" * 99),
    ),
    "Cookie": (
        *("sop_session=" + "x" * 10_000, 'sop_session="', ";;;", "csrftoken=\xff", "a=b; " * 3000, "sop_session=\x00"),
        *("messages=rubbish", "sop_session=; sop_session=x", "=", "$Version=1", "__proto__=1"),
    ),
    "Host": ("", "evil.example", "[::1", "a b", "testserver:99999999", "x" * 300, "testserver\x00", "\xff"),
    "Origin": ("null", "http://evil.example", "\xff"),
    "Referer": ("x", "http://evil.example/", "\xff" * 3000, "http://[::1"),
    "X-CSRFToken": ("", "x" * 9000, "\xff"),
    "X-Forwarded-For": ("x", "1.2.3.4, \xff", "::1%lo", "9" * 9000),
    "X-Forwarded-Host": ("evil.example", "\xff"),
    "X-Forwarded-Proto": ("https", "gopher"),
    "X-HTTP-Method-Override": ("DELETE", "PUT"),
    "HX-Request": ("true", "x"),
    "HX-Target": ("\xff", "<script>"),
    "HX-Current-URL": ("http://[::1", "\xff", "%%%", "x" * 9000),
    "HX-Current-URL-URI-AutoEncoded": ("true",),
    "Expect": ("100-continue", "200-ok"),
    "Idempotency-Key": ("x" * 9000, "\xff"),
    "User-Agent": ("", "x" * 9000, "\xff\x00"),
}
ODD = st.sampled_from([(name, value) for name, values in HEADERS.items() for value in values])
METHODS = ("GET", "GET", "GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "PATCH", "DELETE", "TRACE", "NONSENSE")


@st.composite
def headers(draw: st.DrawFn, good: Sequence[Attack], people: Sequence[str]) -> Attack:
    """Something a page or a program would send, with headers that say something else."""
    attack = draw(st.sampled_from(good))
    odd = dict(draw(st.lists(ODD, min_size=1, max_size=3)))
    who = draw(st.sampled_from([attack.who, attack.who, *people]))
    method = attack.method if draw(st.integers(0, 3)) else draw(st.sampled_from(METHODS))
    return Attack(who, method, attack.path, attack.body, {**attack.headers, **odd})


# --- Addresses --------------------------------------------------------------------

PARTS = (
    *("%00", "%ff", "%2e%2e", "..", "//", ";x=1", ".json", "%0d%0a", "%25", "%c0%af", "%ed%a0%80"),
    *("9" * 5000, "x" * 9000, "9223372036854775808", "%c2%b2"),
)
NAMES = (
    *("month", "cycle", "fields", "cursor", "page_size", "format", "month_from", "month_to", "level", "stage"),
    *("measure", "page", "show", "sort", "q", "lag", "by", "dry_run", "next", "from", "to", "family", "customer"),
    *("product", "rep", "line", "region", "code", "person", "window", "file", "token", "kind", "table", "present"),
    *("s", "gap", "scenario", "", "\ufeff", "a[b]", "__proto__"),
)
QUERY_VALUES = (
    *NUMBERS,
    *MONTHS,
    *("json", "csv", "arrow", "parquet", "W10=", "WzEsIngiXQ==", "W" * 9999, "a,b", "code,", "ü"),
)


@st.composite
def addresses(draw: st.DrawFn, paths: Sequence[str], people: Sequence[str]) -> Attack:
    """A path there is, with a part changed or a query that means nothing."""
    path = draw(st.sampled_from(paths))
    if draw(st.booleans()):
        parts = path.split("/")
        at = draw(st.integers(0, len(parts) - 1))
        parts[at] = draw(st.sampled_from([*PARTS, parts[at].upper(), "", parts[at] + "%20"]))
        path = "/" + "/".join(parts).lstrip("/")
    names = draw(st.lists(st.sampled_from(NAMES), max_size=3))
    query = [(name, draw(st.sampled_from(QUERY_VALUES) | ANY_TEXT)) for name in names]
    text = "&".join(f"{name}={_quoted(value)}" for name, value in query)
    rest = draw(st.sampled_from(["", "", "", "&", "&%ff=%fe", "&=&==", "&" * 3000, "&a%00b=1", "?", "#x"]))
    return Attack(draw(st.sampled_from(people)), "GET", f"{path}?{text}{rest}" if text or rest else path)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
