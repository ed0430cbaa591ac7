"""A page as a PDF, printed by a Chromium on this machine, which is told so over a pipe."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

from jobs.errors import Refused

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What a page to print may link to, kept in its own folders so that the addresses inside stay right.
SHEETS = ("tokens", "base", "parts", "tables", "charts", "meetings", "print", "paper")
STYLES = tuple(f"css/{name}.css" for name in SHEETS)
FILES = (*STYLES, "fonts/inter-variable.woff2")
PATIENCE = 30.0
CHUNK = 1 << 16
# Containers take away what the browser's own sandbox needs. The page is ours, runs no script and reaches no network.
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
# The browser reads on descriptor 3 and writes on 4.
PIPE = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'


def browser() -> str | None:
    """The path of a Chromium; None where there is none."""
    names = (settings.CHROMIUM,) if settings.CHROMIUM else NAMES
    return next((found for name in names if (found := shutil.which(name))), None)


def check_browser() -> str:
    found = browser()
    if found is None:
        raise Refused(
            "no_browser",
            "PDFs are made by Chromium, and this server has none. Print this page and choose Save as PDF instead.",
        )
    return found


def css_text(words: str) -> SafeString:
    """Words inside a string of a style sheet: what is no letter, figure or blank goes by its number.

    `css_text('A & B')` -> `'A \\26  B'`.
    """
    return mark_safe("".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in words))


def pdf_from(html: str) -> bytes:
    """Print a page of ours; raises when the browser ends, refuses, or is silent for too long."""
    with TemporaryDirectory(prefix="portal-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _lay_out(folder, html)
        with _talk(check_browser(), folder / "profile") as talk:
            target = talk.ask("Target.createTarget", url="about:blank")["targetId"]
            talk.session = talk.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            talk.ask("Emulation.setScriptExecutionDisabled", value=True)
            talk.ask("Page.enable")
            talk.ask("Page.navigate", url=(folder / "paper.html").as_uri())
            talk.wait_for("Page.loadEventFired")
            done = talk.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    return base64.b64decode(done["data"])


def _lay_out(folder: Path, html: str) -> None:
    for name in FILES:
        found = finders.find(name)
        if found is None:
            raise FileNotFoundError(f"static/{name} is missing")
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(found, folder / name)
    (folder / "paper.html").write_text(html, encoding="utf-8")


@dataclass
class Talk:
    """Questions to the browser and its answers, each a JSON text that ends with a zero byte."""

    to: IO[bytes]
    back: IO[bytes]
    number: int = 0
    session: str = ""
    rest: bytes = b""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        question = {"id": self.number, "method": method, "params": params}
        if self.session:
            question["sessionId"] = self.session
        self.to.write(json.dumps(question).encode() + b"\0")
        self.to.flush()
        answer = next(said for said in self._said() if said.get("id") == self.number)
        if "error" in answer:
            raise RuntimeError(f"Chromium refused {method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, event: str) -> None:
        next(said for said in self._said() if said.get("method") == event)

    def _said(self) -> Iterator[dict[str, Any]]:
        while True:
            while b"\0" not in self.rest:
                self.rest += self._read()
            line, _, self.rest = self.rest.partition(b"\0")
            yield json.loads(line)

    def _read(self) -> bytes:
        ready, _, _ = select.select([self.back], [], [], PATIENCE)
        if not ready:
            raise TimeoutError(f"Chromium has said nothing for {PATIENCE:.0f} seconds.")
        found = os.read(self.back.fileno(), CHUNK)
        if not found:
            raise RuntimeError("Chromium has ended before the PDF was there.")
        return found


@contextmanager
def _talk(path: str, profile: Path) -> Iterator[Talk]:
    """A browser for one page; it and all that it has started end with the block."""
    command = ["sh", "-c", PIPE, "sh", path, *FLAGS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Talk(process.stdin, process.stdout)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
