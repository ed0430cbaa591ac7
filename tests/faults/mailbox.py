"""A mail server for tests that takes, hangs, or refuses, by the name before the @ of the recipient."""

import contextlib
import math
import re
import select
import socketserver
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.processes import free_port

HANG_SECONDS = 30.0
LOOK_SECONDS = 0.02
ANSWERS = {"later": b"450 4.2.1 mailbox busy, try later", "unknown": b"550 5.1.1 no such mailbox"}


@dataclass
class Mailbox:
    """`with Mailbox() as box:` listens on `box.port`; `box.came` counts Message-IDs, `box.subjects` has each one's.

    After `most` mails it takes no further one, and everybody who has one for it waits. `pause` is the time between
    taking a mail and saying so: a sender killed then sends it again.
    """

    port: int = field(default_factory=free_port)
    most: float = math.inf
    pause: float = 0.0
    came: Counter[str] = field(default_factory=Counter)
    subjects: dict[str, set[str]] = field(default_factory=dict)
    server: Any = None

    def open(self) -> None:
        self.server = _Server(("127.0.0.1", self.port), _Session)
        self.server.box = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def keep(self, text: str) -> None:
        number = re.search(r"^Message-ID: (.*?)\r?$", text, re.MULTILINE)
        subject = re.search(r"^Subject: (.*?)\r?$", text, re.MULTILINE)
        assert number is not None, text
        assert subject is not None, text
        self.came[number[1]] += 1
        self.subjects.setdefault(subject[1], set()).add(number[1])

    def __enter__(self) -> "Mailbox":
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Mailbox


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a killed sender hangs up in the middle
            self.converse()

    def converse(self) -> None:
        self.say(b"220 mailbox")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"RCPT":
                self.say(self.recipient(line.decode()))
            elif command == b"DATA":
                self.data()
            else:
                self.say(b"221 bye" if command == b"QUIT" else b"250 ok")

    def recipient(self, line: str) -> bytes:
        name = line.partition("<")[2].partition("@")[0]
        if name == "hangs":
            time.sleep(HANG_SECONDS)
        return ANSWERS.get(name, b"250 ok")

    def data(self) -> None:
        self.say(b"354 go on")
        text = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            text += line
        while line and len(self.server.box.came) >= self.server.box.most:
            time.sleep(LOOK_SECONDS)
        if line and self.is_awaited():
            self.server.box.keep(text.decode())
            time.sleep(self.server.box.pause)
            self.say(b"250 taken")

    def is_awaited(self) -> bool:
        """Whether the sender still waits for an answer: who was killed or has given up has closed or said more."""
        return not select.select([self.connection], [], [], 0)[0]

    def say(self, text: bytes) -> None:
        try:
            self.wfile.write(text + b"\r\n")
        except OSError:
            return
