"""A sheet behind HTTP for the tests of static/js/grid.js: it keeps numbers, tokens and conflicts as the portal does."""

import json
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parents[2]
PAGES = Path(__file__).resolve().parent / "pages"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'self'"


class Line:
    """One row: a baseline per month, own numbers where somebody changed them."""

    def __init__(self, name: str, baseline: list[float], price: float = 10.0, **attributes: str) -> None:
        self.name, self.baseline, self.price, self.attributes = name, baseline, price, attributes
        self.own: dict[int, float] = {}
        self.by: dict[int, str] = {}
        self.reason = ""

    def value(self, index: int) -> float:
        return self.own.get(index, self.baseline[index])


class SheetServer:
    """`url` is the page; `answer` decides what a save gets: "save", or a status with a problem."""

    def __init__(self, months: list[str], lines: list[Line]) -> None:
        self.months, self.lines = months, lines
        self.batches: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answered: dict[str, dict[str, Any]] = {}
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.lose_answers = 0
        self.gate = threading.Event()
        self.gate.set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/"

    def close(self) -> None:
        self.gate.set()
        self._http.shutdown()
        self._http.server_close()

    def value(self, line: int, month: str) -> float:
        return self.lines[line].value(self.months.index(month))

    def set(self, line: int, month: str, value: float, by: str) -> None:
        """Somebody else changes a number."""
        index = self.months.index(month)
        self.lines[line].own[index], self.lines[line].by[index] = value, by

    def save(self, batch: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.batches.append(batch)
        if batch["token"] in self.answered:
            return 200, self.answered[batch["token"]]
        if self.refusal:
            return self.refusal
        conflicts = [c for edit in batch["edits"] if (c := self._conflict(edit))]
        if conflicts:
            return 409, {"code": "conflict", "detail": "Changed meanwhile.", "conflicts": conflicts}
        errors = [
            {"line": e["line"], "month": e["month"], "detail": "This line ends before that month."}
            for e in batch["edits"]
            if e["value"] == 666
        ]
        if errors:
            return 422, {"code": "invalid", "detail": "One cell cannot be taken.", "errors": errors}
        answer = {"saved": [self._write(edit) for edit in batch["edits"]], "version": len(self.answered) + 1}
        self.answered[batch["token"]] = answer
        return 200, answer

    def _conflict(self, edit: dict[str, Any]) -> dict[str, Any] | None:
        line, index = self.lines[int(edit["line"])], self.months.index(edit["month"])
        if line.value(index) == edit["seen"]:
            return None
        found = {"yours": edit["value"], "theirs": line.value(index), "by": line.by.get(index, "the baseline")}
        return {"line": int(edit["line"]), "month": edit["month"], **found}

    def _write(self, edit: dict[str, Any]) -> dict[str, Any]:
        line, index = self.lines[int(edit["line"])], self.months.index(edit["month"])
        if edit["value"] is None:
            line.own.pop(index, None)
        else:
            line.own[index] = edit["value"]
        line.reason = edit.get("reason") or line.reason
        return {"line": int(edit["line"]), "month": edit["month"], "value": line.value(index)}

    def page(self) -> str:
        heads = "".join(f'<th scope="col" class="num">{month}</th>' for month in self.months)
        totals = "".join(f'<td class="num" data-total="{month}"></td>' for month in self.months)
        rows = "".join(self._row(number, line) for number, line in enumerate(self.lines))
        return Template((PAGES / "grid.html").read_text()).substitute(heads=heads, rows=rows, totals=totals)

    def _row(self, number: int, line: Line) -> str:
        marks = "".join(f' data-{key}="{escape(text)}"' for key, text in line.attributes.items() if key != "locked")
        cells = "".join(self._cell(line, index) for index in range(len(self.months)))
        return (
            f'<tr data-line="{number}" data-name="{escape(line.name)}" data-price="{line.price}" data-avg3="44"'
            f' data-past="{",".join(["40"] * len(self.months))}" data-reason="{line.reason}"{marks}>'
            f'<th scope="row" class="sticky-1">{escape(line.name)}</th>{cells}'
            f'<td class="num" data-sum="{" ".join(self.months[:3])}"></td><td class="num" data-delta></td>'
            '<td class="reason" data-reason-cell></td></tr>'
        )

    def _cell(self, line: Line, index: int) -> str:
        month, value = self.months[index], line.value(index)
        lock = ' data-locked="Dan"' if line.attributes.get("locked") == month else ""
        return f'<td data-m="{month}" data-v="{value}" data-bl="{line.baseline[index]}"{lock}>{value:,.0f}</td>'


def _handler(sheet: SheetServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/":
                self.answer(200, "text/html; charset=utf-8", sheet.page().encode())
            elif path == "/submitted/":
                self.answer(200, "text/html; charset=utf-8", b"<title>Submitted</title><h1>Submitted</h1>")
            else:
                self.file(PAGES / "grid.js" if path == "/page.js" else PROJECT / path.lstrip("/"))

        def file(self, path: Path) -> None:
            if path.is_file() and path.suffix in TYPES:
                self.answer(200, TYPES[path.suffix], path.read_bytes())
            else:
                self.answer(404, "text/plain", b"not here")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sheet.headers.append(dict(self.headers))
            sheet.gate.wait(20)
            status, data = sheet.save(body)
            if sheet.lose_answers:
                sheet.lose_answers -= 1
                self.close_connection = True
                return
            self.answer(status, "application/json", json.dumps(data).encode())

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

    return Handler
