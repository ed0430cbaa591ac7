"""When the sheet says something of a change, worked out by hand; and what it says for whom."""

import json
import re
from datetime import UTC, date, datetime
from html import unescape

import numpy as np
import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.hints import Increases, SmallChanges, increases, small_changes
from demand.models import CycleLine, LayerLine, OwnPast, Reason, Stage
from demand.selectors.hints import own_past_stale, sheet_hints
from demand.selectors.history import history
from demand.selectors.sheet import sheet
from demand.selectors.versions import stage_plan
from demand.services.due import due
from demand.services.own_past import own_past_set
from jobs.models import MovedClock
from masterdata.models import ImportRun, Person
from tests.cast import Cast
from tests.kpis.past import past_cycle
from tests.stages import ENTRY, REVIEW

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)


def test_small_changes_that_rarely_helped() -> None:
    """Of five changes of 100 to 104 two ended nearer: those where 103 and 120 came, not 100, 90, 101."""
    assert small_changes([100] * 5, [104] * 5, [103, 120, 100, 90, 101]) == SmallChanges(2, 5)


@pytest.mark.parametrize(
    ("before", "after", "actual"),
    [
        ([100] * 4, [104] * 4, [90] * 4),  # four cases are too few
        ([100] * 6, [104] * 6, [110, 110, 110, 90, 90, 90]),  # half helped
        ([100] * 6, [105] * 6, [90] * 6),  # exactly 5 % is not small
        ([100] * 6, [100] * 6, [90] * 6),  # not changed
        ([0] * 6, [0.01] * 6, [0] * 6),  # no baseline, no size
        ([100] * 6, [104] * 6, [np.nan] * 6),  # open months
    ],
)
def test_nothing_is_said_of_small_changes(before: list, after: list, actual: list) -> None:
    assert small_changes(before, after, actual) is None


def test_only_the_last_twelve_count() -> None:
    """Ten that helped and were long ago do not count: of the last twelve five helped."""
    actual = [104.0] * 10 + [90.0] * 7 + [104.0] * 5
    assert small_changes([100] * 22, [104] * 22, actual) == SmallChanges(5, 12)


def test_increases_that_came_in_lower() -> None:
    """Said 5 x 150 = 750, came 615: 18 % lower. The increase of exactly 20 % is none."""
    before, after = [100] * 6, [150] * 5 + [120]
    assert increases(before, after, [120, 130, 125, 115, 125, 0]) == Increases(5, pytest.approx(0.18))


@pytest.mark.parametrize("actual", [[150] * 5, [145] * 5, [200] * 5, [100] * 4])
def test_nothing_is_said_of_increases_that_came_or_are_few(actual: list) -> None:
    n = len(actual)
    assert increases([100] * n, [150] * n, actual) is None


# --- For the sheet -------------------------------------------------------------------


def past_changes(
    cast: Cast, factor: float, *, person: Person | None = None, months: tuple[int, ...] = (8, 9, 10)
) -> None:
    """In past cycles two lines of North changed by a factor of the baseline, which was twice what came."""
    for month in months:
        cycle = past_cycle(date(2026, month, 1), {Stage.BASELINE: 2.0})
        for product in ("ALPHA", "GAMMA"):
            line = cast.line(product, "NORTH")
            stood = stage_plan(cycle, Stage.BASELINE, np.array([line.pk])).for_lines(np.array([line.pk])).quantity[0, 0]
            layer: list[float | None] = [None] * cycle.horizon
            layer[0] = float(stood) * factor
            fields = {"reason": Reason.PROMOTION, "changed_by": person or cast.rep, "changed_at": AT}
            LayerLine.objects.create(cycle=cycle, stage=Stage.SALES, line=line, quantity=layer, **fields)


def hints(cast: Cast, cycle: Cycle, person: Person) -> dict:
    own_past_set(cycle=cycle)
    return told(cycle, person, {cast.line(p, c).pk: c for p in ("ALPHA", "BETA") for c in ("NORTH", "SOUTH")})


def told(cycle: Cycle, person: Person, customers: dict[int, str]) -> dict:
    past = OwnPast.objects.get(cycle=cycle, owner=person)
    return sheet_hints(past.small, past.increases, customers)


@pytest.mark.django_db
def test_increases_are_told_on_all_lines_of_their_customer(cast: Cast, cycle: Cycle) -> None:
    past_changes(cast, 1.5)
    found = hints(cast, cycle, cast.rep)
    north = [cast.line("ALPHA", "NORTH").pk, cast.line("BETA", "NORTH").pk]
    assert sorted(found["increases"]) == sorted(north)
    lines = np.sort([cast.line(product, "NORTH").pk for product in ("ALPHA", "GAMMA")])
    came = history(lines, start=date(2026, 8, 1), before=date(2026, 11, 1)).quantity.sum()
    said = sum(sum(v for v in layer.quantity if v) for layer in LayerLine.objects.filter(stage=Stage.SALES))
    assert found["increases"][north[0]] == {"of": 6, "lower": round((1 - came / said) * 100)}
    assert (found["small"], found["over"]) == (None, 0.2)


@pytest.mark.django_db
def test_small_changes_are_told_for_the_person_alone(cast: Cast, cycle: Cycle) -> None:
    past_changes(cast, 1.02)
    found = hints(cast, cycle, cast.rep)
    assert found["small"] == {"helped": 0, "of": 6, "under": 0.05}
    assert found["increases"] == {}
    assert hints(cast, cycle, cast.other_rep) == {}


@pytest.mark.django_db
def test_under_five_cases_nothing_is_told(cast: Cast, cycle: Cycle) -> None:
    past_changes(cast, 1.02, months=(9, 10))
    assert hints(cast, cycle, cast.rep) == {}


@pytest.mark.django_db
def test_only_the_own_open_sheet_carries_them(cast: Cast, cycle: Cycle) -> None:
    past_changes(cast, 1.02)
    MovedClock.objects.create(at=ENTRY)
    assert "data-hints" not in sheet_page(cast.rep, "/sheet/")
    due(at=ENTRY)
    html = sheet_page(cast.rep, "/sheet/")
    [data] = re.findall(r'data-hints="(.*?)"', html)
    assert json.loads(unescape(data))["small"]["of"] == 6
    assert "js/hints.js" in html
    for person in (cast.manager, cast.other_rep, cast.ceo):
        assert "data-hints" not in sheet_page(person, "/sheet/rita/")
    cycle_advance(cycle=cycle, at=REVIEW)
    assert "data-hints" not in sheet_page(cast.rep, "/sheet/")


@pytest.mark.django_db
def test_they_follow_their_facts_and_are_made_once(cast: Cast, cycle: Cycle) -> None:
    past_changes(cast, 1.5)
    assert own_past_stale(cycle)
    assert own_past_set(cycle=cycle) == 1
    assert own_past_set(cycle=cycle) == 1
    assert OwnPast.objects.count() == CycleLine.objects.filter(cycle=cycle).values("owner").distinct().count()
    assert not own_past_stale(cycle)
    ImportRun.objects.create(source="test", content_hash="1", at=AT)
    assert own_past_stale(cycle)
    due(at=ENTRY)
    assert not own_past_stale(cycle)
    line = CycleLine.objects.filter(cycle=cycle, owner=cast.rep).first()
    CycleLine.objects.filter(pk=line.pk).update(owner=cast.manager)
    assert own_past_stale(cycle)


@pytest.mark.django_db
def test_a_replayed_cycle_is_a_new_fact_and_a_closed_step_needs_none(cast: Cast, cycle: Cycle) -> None:
    own_past_set(cycle=cycle)
    past_changes(cast, 1.5)
    assert own_past_stale(cycle)
    cycle_advance(cycle=cycle, at=REVIEW)
    due(at=REVIEW)
    assert own_past_stale(cycle)


@pytest.mark.django_db
def test_the_sheet_has_the_hints_of_its_owner_on_its_own_lines(cast: Cast, cycle: Cycle) -> None:
    past_changes(cast, 1.5)
    assert sheet(cycle, cast.rep, cast.rep).hints == {}
    own_past_set(cycle=cycle)
    shown = sheet(cycle, cast.rep, cast.rep)
    assert shown.hints == told(cycle, cast.rep, {line.line: line.customer_code for line in shown.lines})
    north = {line.line for line in shown.lines if line.customer_code == "NORTH"}
    assert set(shown.hints["increases"]) == north
    assert sheet(cycle, cast.other_rep, cast.other_rep).hints == {}


def sheet_page(person: Person, path: str) -> str:
    client = Client()
    client.force_login(person.user)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()
