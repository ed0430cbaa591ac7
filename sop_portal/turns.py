"""What only reads takes turns in a process, so that a save beside it finds a thread and the interpreter free."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from sop_portal.outage import busy

# seconds after which a read goes beside a slow one; two at once all the time make saves beside them take twice as long
PATIENCE: Final = 1.0
# seconds that a block of a long answer lets saves go first, so that a pull of a million rows ends in the busiest hour
GIVES_WAY: Final = 0.2
# threads that reads may hold, of the 32 that a web process has: the rest is for saves
INSIDE: Final = 24
READS: Final = ("GET", "HEAD")
# what may wait for somebody else's server, or must answer while pages wait
PASSING: Final = ("/healthz/", "/login/")


class Saves:
    """How many requests that write are under way in this process."""

    def __init__(self) -> None:
        self.changed, self.count = threading.Condition(), 0

    @contextmanager
    def one(self) -> Iterator[None]:
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def _add(self, number: int) -> None:
        with self.changed:
            self.count += number
            self.changed.notify_all()

    def wait_none(self, patience: float) -> bool:
        """Until there are none, or these seconds are over; whether there are none."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.count, patience)


class Turns:
    """Pages, exports and pulls: one at a time in this process, the others wait. Who has waited long goes beside a slow
    one, again one at a time, and where very many wait the next one is told to come back. A long answer waits before
    each block of it, so that a million rows hold up nobody's page, and lets the saves under way go first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.first, self.beside = threading.Lock(), threading.Lock()
        self.room = threading.BoundedSemaphore(INSIDE)
        self.saves = Saves()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in READS:
            with self.saves.one():
                return self.get_response(request)
        if request.path.startswith(PASSING):
            return self.get_response(request)
        if not self.room.acquire(blocking=False):
            return busy(request)
        try:
            with self.turn():
                answer = self.get_response(request)
        finally:
            self.room.release()
        if isinstance(answer, StreamingHttpResponse):
            answer.streaming_content = self.in_turn(answer.streaming_content)  # type: ignore[arg-type]
        return answer

    @contextmanager
    def turn(self) -> Iterator[None]:
        place = self.first
        if not place.acquire(timeout=PATIENCE):
            place = self.beside
            place.acquire()
        try:
            yield
        finally:
            place.release()

    def in_turn(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The same blocks, each made when it is this answer's turn."""
        rest = iter(blocks)
        while True:
            self.saves.wait_none(GIVES_WAY)
            with self.turn():
                block = next(rest, None)
            if block is None:
                return
            yield block
