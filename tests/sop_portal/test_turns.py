"""Pages take turns in a process; what writes, and what must always answer, passes them."""

import threading
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from sop_portal.turns import Turns

LONG = 10.0


def asked(method: str, path: str = "/sheet/") -> HttpRequest:
    request = HttpRequest()
    request.method, request.path = method, path
    return request


class Room:
    """Answers that stay inside until they are let go."""

    def __init__(self) -> None:
        self.inside, self.over = threading.Semaphore(0), threading.Event()
        self.turns = Turns(self.answer)

    def answer(self, request: HttpRequest) -> HttpResponse:
        self.inside.release()
        self.over.wait(LONG)
        return HttpResponse("done")

    def enter(self, method: str, path: str = "/sheet/") -> threading.Thread:
        thread = threading.Thread(target=lambda: self.turns(asked(method, path)), daemon=True)
        thread.start()
        return thread


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sop_portal.turns.PATIENCE", LONG)


def test_pages_wait_for_each_other_and_a_save_does_not(patient: None) -> None:
    room = Room()
    readers = [room.enter("GET") for _ in range(2)]
    assert room.inside.acquire(timeout=LONG)
    assert not room.inside.acquire(timeout=0.1)
    passing = [room.enter("POST", "/sheet/save/"), room.enter("GET", "/healthz/live"), room.enter("GET", "/login/")]
    assert all(room.inside.acquire(timeout=LONG) for _ in passing)
    room.over.set()
    for thread in [*readers, *passing]:
        thread.join(LONG)
        assert not thread.is_alive()
    assert room.inside.acquire(timeout=LONG)  # the one that waited came in after all


def test_who_waited_long_goes_beside_a_slow_page_and_no_more_than_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sop_portal.turns.PATIENCE", 0.01)
    room = Room()
    readers = [room.enter("GET") for _ in range(3)]
    assert all(room.inside.acquire(timeout=LONG) for _ in range(2))
    assert not room.inside.acquire(timeout=0.1)
    room.over.set()
    for thread in readers:
        thread.join(LONG)
        assert not thread.is_alive()
    assert room.inside.acquire(timeout=LONG)


def test_where_very_many_wait_the_next_page_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sop_portal.turns.INSIDE", 1)
    room = Room()
    reader = room.enter("GET")
    assert room.inside.acquire(timeout=LONG)
    told = room.turns(asked("GET"))
    assert (told.status_code, told["Retry-After"]) == (503, "5")
    assert "Very many pages" in told.content.decode()
    assert "does not answer" not in told.content.decode()
    room.over.set()
    reader.join(LONG)
    assert room.turns(asked("GET")).status_code == 200


def test_a_page_that_fails_gives_its_turn_back() -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        raise LookupError

    turns = Turns(fails)
    for _ in range(3):
        with pytest.raises(LookupError):
            turns(asked("GET"))
    assert not turns.first.locked()
    assert not turns.beside.locked()


@pytest.mark.django_db  # an answer that is closed ends its request, which looks at the connection
def test_a_long_answer_holds_a_turn_only_while_a_block_of_it_is_made() -> None:
    held, closed = [], []

    def blocks() -> Iterator[bytes]:
        try:
            for block in (b"one", b"two"):
                held.append(turns.first.locked())
                yield block
        finally:
            closed.append(True)

    turns = Turns(lambda request: StreamingHttpResponse(blocks()))
    answer = turns(asked("GET"))
    assert not turns.first.locked()
    assert b"".join(answer.streaming_content) == b"onetwo"
    assert held == [True, True]
    assert not turns.first.locked()
    broken_off = turns(asked("GET"))
    assert next(iter(broken_off.streaming_content)) == b"one"
    broken_off.close()
    assert closed == [True, True]


def test_a_block_of_a_long_answer_lets_the_saves_under_way_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sop_portal.turns.GIVES_WAY", LONG)
    made, room = threading.Event(), Room()
    save = room.enter("POST", "/sheet/save/")
    assert room.inside.acquire(timeout=LONG)

    def read() -> None:
        answer = room.turns.in_turn([b"one"])
        assert next(answer) == b"one"
        made.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert not made.wait(0.1)
    room.over.set()
    assert made.wait(LONG)
    save.join(LONG)
    reader.join(LONG)


def test_a_long_answer_goes_on_although_saves_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sop_portal.turns.GIVES_WAY", 0.01)
    room = Room()
    save = room.enter("POST", "/sheet/save/")
    assert room.inside.acquire(timeout=LONG)
    assert list(room.turns.in_turn([b"one", b"two"])) == [b"one", b"two"]
    assert save.is_alive()
    room.over.set()
    save.join(LONG)
    with pytest.raises(LookupError), room.turns.saves.one():
        raise LookupError
    assert room.turns.saves.wait_none(0)
