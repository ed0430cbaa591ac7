"""Who runs on a state folder: one holder, whose servers others may use until they end."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO

from sop_portal.embedded import Servers


class StateLock:
    """Who runs on a state folder: one holder, and a note of where its servers answer."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.path = state / "lock"
        self.note = state / "servers.json"
        self.file: IO[bytes] | None = None

    def take(self) -> bool:
        """Become the holder; False when there is one already."""
        file = self.path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self.file = file
        self._remove_leftovers()
        return True

    def _remove_leftovers(self) -> None:
        """A killed holder's temporary folder and note."""
        left = Path(self.read().get("temporary", "") or "/nonexistent")
        if left.name.startswith("sop-"):
            shutil.rmtree(left, ignore_errors=True)
        self.note.unlink(missing_ok=True)

    def write(self, servers: Servers, **more: str) -> None:
        content = servers.environment() | {"temporary": str(servers.temporary or ""), "pid": str(os.getpid())}
        aside = self.note.with_suffix(".new")
        aside.write_text(json.dumps(content | more))
        aside.chmod(0o600)
        aside.replace(self.note)

    def read(self) -> dict[str, str]:
        """The holder's note; empty while it is still starting."""
        try:
            return dict(json.loads(self.note.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def release(self) -> None:
        if self.file is not None:
            self.note.unlink(missing_ok=True)
            self.file.close()
            self.file = None


class Users:
    """Commands that share servers one of them started: it stops them after the last."""

    def __init__(self, state: Path) -> None:
        self.file = (state / "users").open("ab")

    def join(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_SH)

    def leave(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_UN)

    def wait_for_the_others(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)
