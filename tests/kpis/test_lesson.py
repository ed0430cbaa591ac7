"""The lesson: what it counts by hand, which cases it asks again, and that it is one's own."""

import pytest

from cycles.models import Cycle
from demand.models import Stage
from kpis.lesson import Kind, kinds, landed, to_decide
from kpis.selectors.lesson import lesson
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle
from tests.kpis.test_track_record_page import LINES, OCT, change, five_changes, numbers

BEFORE = [100.0, 100.0, 100.0, 100.0, 0.0, 100.0]
AFTER = [105.0, 150.0, 160.0, 95.0, 20.0, 40.0]
CAME = [110.0, 140.0, 100.0, 96.0, 20.0, 99.0]


def test_kinds_of_changes_are_counted_by_hand() -> None:
    raised, lowered, small, large = kinds(BEFORE, AFTER, CAME)
    assert (raised.changed, raised.helped) == (4, 3)
    assert (lowered.changed, lowered.helped) == (2, 1)
    assert (small.changed, small.helped) == (2, 2)
    assert (large.changed, large.helped) == (4, 2)


def test_nothing_is_said_of_fewer_than_five() -> None:
    assert Kind("Numbers you raised", 4, 3).sentence == "Numbers you raised: too few yet, 4 of 5."
    assert Kind("Numbers you raised", 5, 3).sentence == "Numbers you raised: 3 of 5 helped."
    assert landed(BEFORE, AFTER, CAME) == ""


def test_what_came_of_what_was_added() -> None:
    """Added 50 five times, 30 came each time: 60 %; and when less came than the baseline, nothing."""
    assert landed([100.0] * 5, [150.0] * 5, [130.0] * 5) == "Of what you added in 5 cases, 60 % came."
    assert landed([100.0] * 5, [150.0] * 5, [90.0] * 5) == "Of what you added in 5 cases nothing came on the whole."


def test_what_helped_and_what_harmed_is_asked_in_turns_largest_first() -> None:
    removed = [9.0, 8.0, 7.0, 6.0, 0.2, -1.0, -5.0]
    assert to_decide(removed) == [0, 1, 2, 5, 6]
    assert to_decide([1.0, 2.0]) == [0, 1]
    assert to_decide([0.1, 0.0]) == []


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return past_cycle(OCT, {Stage.BASELINE: 1.5})


@pytest.mark.django_db
def test_it_waits_until_five_changes_have_closed(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    for product, customer in LINES[:3]:
        change(cycle, cast, product, customer, 9.0)
    assert lesson(cast.rep).missing == 2
    assert "It starts when 2 more of your changes have closed." in text_of(as_(cast.rep).get("/lesson/"))


@pytest.mark.django_db
def test_the_page_asks_again_what_was_known_and_shows_what_came(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    five_changes(cycle, cast)
    text = text_of(as_(cast.rep).get("/lesson/"))
    baseline, came = numbers(cycle, cast, "GAMMA", "NORTH")
    assert "Your reason: promotion or event, “Spring leaflet”." in text
    assert f"You said {baseline + 100:,.0f} ; {came:,.0f} came." in text
    assert text.count("What you said, and what came") == 5
    assert "A lesson from your own cases" in text_of(as_(cast.rep).get("/feedback/"))


@pytest.mark.django_db
def test_it_is_ones_own(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    five_changes(cycle, cast)
    for person in (cast.other_rep, cast.manager, cast.ceo):
        text = text_of(as_(person).get("/lesson/"))
        assert "Spring leaflet" not in text
        assert "It starts when 5 more of your changes have closed." in text
    assert "A lesson from your own cases" not in text_of(as_(cast.manager).get("/feedback/rita/"))
