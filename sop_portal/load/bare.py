"""The portal with bare views beside it, in the same server: what the driver alone needs for the same rows.

No framework, no access, no checks. `/bare/row` reads one row. `/bare/sheet` reads what a sheet is made of by four
statements and sends it as JSON, packed as the page is. `/bare/save` sends the statements that write a row.
"""

import gzip
import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import psycopg2

from sop_portal.wsgi import application as portal

LINES = """
SELECT l.id, c.code, c.name, p.code, p.name, p.decimals, f.name, k.price, k.flags
FROM demand_cycleline k JOIN demand_line l ON l.id = k.line_id JOIN masterdata_product p ON p.id = l.product_id
JOIN masterdata_customer c ON c.id = l.customer_id JOIN masterdata_family f ON f.id = k.family_id
WHERE k.cycle_id = %s AND k.owner_id = %s ORDER BY l.id
"""
NUMBERS = """
SELECT f.line_id, f.quantity FROM demand_forecastversion v JOIN demand_forecastline f ON f.version_id = v.id
WHERE v.cycle_id = %s AND v.stage = 'baseline' AND v.state = 'current' AND f.line_id = ANY(%s)
"""
LAYERS = """
SELECT line_id, quantity, reason, note FROM demand_layerline
WHERE cycle_id = %s AND stage = 'sales' AND line_id = ANY(%s)
"""
PAST = """
SELECT l.id, b.month::text, b.qty FROM demand_line l
JOIN demand_booking b ON b.customer_id = l.customer_id AND b.product_id = l.product_id
WHERE l.id = ANY(%s) AND b.month >= (SELECT month - interval '1 year' FROM cycles_cycle WHERE id = %s)
"""
ROW = "SELECT id, content_hash FROM demand_forecastversion ORDER BY id DESC LIMIT 1"
LOCK = "SELECT pg_advisory_xact_lock_shared(1295, %s)"
MADE = """
INSERT INTO demand_layerline (cycle_id, stage, line_id, quantity, reason, note, locked, changed_at)
VALUES (%s, 'sales', %s, array_fill(NULL::float8, ARRAY[24]), '', '', '{}', now()) ON CONFLICT DO NOTHING
"""
HELD = "SELECT quantity FROM demand_layerline WHERE cycle_id = %s AND stage = 'sales' AND line_id = %s FOR UPDATE"
WRITTEN = """
UPDATE demand_layerline SET quantity = %s::float8[], changed_by_id = %s, changed_at = now()
WHERE cycle_id = %s AND stage = 'sales' AND line_id = %s
"""
NOTED = """
INSERT INTO demand_change (cycle_id, stage, line_id, month, before, after, reason, comment, origin, decision, by_id, at)
VALUES (%s, 'sales', %s, %s, 0, %s, '', '', 'screen', '', %s, now())
"""
TOKEN = "INSERT INTO demand_savetoken (person_id, token, answer, at) VALUES (%s, %s, %s, now())"
Environ = dict[str, Any]
Start = Callable[..., Any]


class Line(threading.local):
    """The connection of a server's thread, kept as the portal keeps its own."""

    connection: Any = None

    def open(self) -> Any:
        if self.connection is None:
            self.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        return self.connection


line = Line()


def row(environ: Environ) -> object:
    with line.open() as connection, connection.cursor() as cursor:
        cursor.execute(ROW)
        return dict(zip(("id", "content_hash"), cursor.fetchone(), strict=True))


def sheet(environ: Environ) -> object:
    """Everything by line: what it is, the baseline, the own numbers, a year of bookings."""
    asked = dict(parse_qsl(environ["QUERY_STRING"]))
    cycle = asked["cycle"]
    with line.open() as connection, connection.cursor() as cursor:
        cursor.execute(LINES, [cycle, asked["owner"]])
        rows = {found[0]: [*found, None, None, {}] for found in cursor.fetchall()}
        ids = list(rows)
        cursor.execute(NUMBERS, [cycle, ids])
        for at, quantity in cursor.fetchall():
            rows[at][-3] = quantity
        cursor.execute(LAYERS, [cycle, ids])
        for at, *layer in cursor.fetchall():
            rows[at][-2] = layer
        cursor.execute(PAST, [ids, cycle])
        for at, month, quantity in cursor.fetchall():
            rows[at][-1][month] = quantity
    return list(rows.values())


def save(environ: Environ) -> object:
    """One row with its cells, recorded, under a token, in one transaction that waits for the disk."""
    sent = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    cycle, owner, at = sent["cycle"], sent["owner"], sent["line"]
    with line.open() as connection, connection.cursor() as cursor:
        cursor.execute(LOCK, [cycle])
        cursor.execute(MADE, [cycle, at])
        cursor.execute(HELD, [cycle, at])
        quantity = cursor.fetchone()[0]
        for position, value in sent["cells"]:
            quantity[position] = value
        cursor.execute(WRITTEN, [quantity, owner, cycle, at])
        for _, value in sent["cells"]:
            cursor.execute(NOTED, [cycle, at, sent["month"], value, owner])
        cursor.execute(TOKEN, [owner, sent["token"], json.dumps(sent["cells"])])
    return {"saved": sent["cells"]}


VIEWS: dict[str, Callable[[Environ], object]] = {"/bare/row": row, "/bare/sheet": sheet, "/bare/save": save}


def application(environ: Environ, start_response: Start) -> Iterable[bytes]:
    view = VIEWS.get(environ["PATH_INFO"])
    if view is None:
        return portal(environ, start_response)
    body = json.dumps(view(environ)).encode()
    headers = [("Content-Type", "application/json")]
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and len(body) > 200:
        body = gzip.compress(body, compresslevel=6)
        headers.append(("Content-Encoding", "gzip"))
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [body]
