"""A small client of the S&OP Portal's REST interface: one file, only the standard library.

portal = Portal("https://plan.example.com", key="sop_...")
for row in portal.rows("bookings", month="2026-10"):
    print(row["customer"], row["product"], row["qty"])
portal.push("bookings", [{"month": "2026-10", "customer": "NORTH", "product": "ALPHA", "qty": 24}])
portal.download("company-forecast", "forecast.parquet", level="line", format="parquet")
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Query = str | int | Sequence[str]


class Problem(Exception):
    """A refusal: `code` is stable, `detail` says what is wrong, `errors` lists every fault of a push."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status}: {body.get('detail', '')}")
        self.status = status
        self.code = str(body.get("code", ""))
        self.errors: list[dict[str, Any]] = list(body.get("errors", []))


@dataclass
class Portal:
    """One portal and one key. A request beyond the key's limit waits as long as it is told to and tries again."""

    address: str
    key: str
    timeout: float = 60.0
    tags: dict[str, tuple[str, Any]] = field(default_factory=dict, repr=False)

    def get(self, path: str, **query: Query) -> Any:
        """The answer as JSON; what has not changed since it was last asked for is not sent again."""
        url = self._url(path, query)
        tag, known = self.tags.get(url, ("", None))
        try:
            with self._open(Request(url, headers={"If-None-Match": tag} if tag else {})) as answer:
                body = json.load(answer)
                if answer.headers["ETag"]:
                    self.tags[url] = answer.headers["ETag"], body
                return body
        except HTTPError as error:
            if error.code == 304:
                return known
            raise

    def rows(self, path: str, **query: Query) -> Iterator[dict[str, Any]]:
        """Every row of a list or of the forecast, page after page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["results"]
            cursor = page.get("next")

    def push(self, path: str, rows: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        """Store all rows or none; returns how many were new, changed and unchanged."""
        body = json.dumps({"rows": list(rows)}).encode()
        url = self._url(path, {"dry_run": "true"} if dry_run else {})
        with self._open(Request(url, body, {"Content-Type": "application/json"}, method="POST")) as answer:
            return dict(json.load(answer))

    def download(self, path: str, file: str | Path, **query: Query) -> Path:
        """Write a stream (format="csv", "parquet" or "arrow") to a file as it comes."""
        with self._open(Request(self._url(path, query))) as answer, Path(file).open("wb") as output:
            shutil.copyfileobj(answer, output)
        return Path(file)

    def _url(self, path: str, query: Mapping[str, Query]) -> str:
        text = urlencode(query, doseq=True)
        return f"{self.address.rstrip('/')}/api/v1/{path.strip('/')}/" + (f"?{text}" if text else "")

    def _open(self, request: Request) -> Any:
        request.add_header("Authorization", f"Bearer {self.key}")
        while True:
            try:
                return urlopen(request, timeout=self.timeout)
            except HTTPError as error:
                if error.code == 429:
                    time.sleep(float(error.headers.get("Retry-After", "1")))
                    continue
                if error.headers.get("Content-Type", "").startswith("application/problem+json"):
                    raise Problem(error.code, json.load(error)) from error
                raise
