"""Pages made from the project's templates, served with its static files under the portal's policy."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.http import QueryDict
from django.template import engines

PAGES = Path(__file__).resolve().parent / "pages"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'"


class Reader:
    """Somebody signed in, as far as the frame asks."""

    pk = 7
    is_authenticated = True

    def get_full_name(self) -> str:
        return "Linda Mitchell"

    def get_username(self) -> str:
        return "linda"


class Visit:
    """What templates read of a request."""

    user = Reader()
    GET = QueryDict()

    def __init__(self, cookies: dict[str, str]) -> None:
        self.COOKIES = cookies


class PageServer:
    """Serves the templates of tests/browser/pages: `url + "specimen"` is pages/specimen.html with `context`."""

    def __init__(self, context: dict[str, Any]) -> None:
        self.context = context
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def page(self, name: str, cookies: dict[str, str]) -> str:
        template = engines["django"].from_string((PAGES / f"{name}.html").read_text())
        return template.render({**self.context, "request": Visit(cookies), "csrf_token": "token-of-the-page"})


def _handler(server: PageServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
            if found:
                self.answer(200, TYPES[Path(found).suffix], Path(found).read_bytes())
            elif path.endswith(".js") and (PAGES / path.lstrip("/")).is_file():
                self.answer(200, TYPES[".js"], (PAGES / path.lstrip("/")).read_bytes())
            elif (PAGES / f"{path.strip('/')}.html").is_file():
                self.answer(200, "text/html; charset=utf-8", server.page(path.strip("/"), self.cookies()).encode())
            else:
                self.answer(404, "text/plain", b"not here")

        def cookies(self) -> dict[str, str]:
            parts = (part.split("=", 1) for part in self.headers.get("Cookie", "").split("; ") if "=" in part)
            return dict(tuple(part) for part in parts)

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if kind.startswith("text/"):
                body = gzip.compress(body)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

    return Handler
