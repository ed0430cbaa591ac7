"""The demand review: exceptions by value, choices that are layers, bulk with undo, assumptions, the page."""

import re
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client

from cycles.models import Cycle
from demand.bulk_rules import BulkRule
from demand.landed import Landed, LandedKind
from demand.models import Assumption, Change, CycleLine, LayerLine, OrderLine, Settlement, Stage
from demand.selectors.assumptions import assumption_views, assumptions_due, assumptions_of
from demand.selectors.lines import lines_forget
from demand.selectors.review import landed_now, review, review_frame, review_lines
from demand.selectors.review_line import focus_line
from demand.selectors.review_record import fixes_of, signature_of
from demand.selectors.versions import stage_plan
from demand.services.assumptions import assumption_add, assumption_check
from demand.services.comments import note_add
from demand.services.entries import CellEdit, cells_save
from demand.services.plan import demand_sign, proposal_build
from demand.services.review import bulk_apply, bulk_preview, review_take, review_type, review_undo
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import MovedClock
from masterdata.models import Person
from sop_portal.replay import replay_baseline
from tests.cast import Cast, small_company
from tests.stages import ENTRY, REVIEW, cycle_in_entry, cycle_to_review

NOV = date(2026, 11, 1)
SMALL = BulkRule(source="baseline", under_share=0.05, reason="none")
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def line(cast: Cast) -> int:
    return cast.line("ALPHA", "NORTH").pk


@pytest.fixture
def cycle(cast: Cast, line: int) -> Cycle:
    """Rita has doubled a cell of ALPHA for a reason and nudged one of GAMMA by one unit without."""
    cycle = cycle_in_entry()
    gamma = cast.line("GAMMA", "NORTH").pk
    before = stage_plan(cycle, Stage.BASELINE, np.array([gamma])).quantity[0, 0]
    edits = [CellEdit(line, NOV, 200.0, reason="customer_told"), CellEdit(gamma, NOV, float(before) + 1)]
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=ENTRY)
    return cycle_to_review(cycle)


def plan(cycle: Cycle, line: int, stage: Stage = Stage.DEMAND_PLAN) -> np.ndarray:
    return stage_plan(cycle, stage, np.array([line])).quantity[0]


def test_only_large_disagreements_are_exceptions(cast: Cast, cycle: Cycle, line: int) -> None:
    found = review(cycle).lines
    assert [row.line for row in found] == [line]
    row = found[0]
    assert row.sales - row.baseline == pytest.approx(200 - plan(cycle, line, Stage.BASELINE)[0])
    assert row.stake == pytest.approx((row.events - row.baseline) * 500)
    assert (row.reason, row.rep, row.settled_by) == ("Customer told me", "Rita Rep", "")


@pytest.mark.parametrize("source", ["baseline", "sales", "half"])
def test_taking_a_source_is_the_planners_layer(cast: Cast, cycle: Cycle, line: int, source: str) -> None:
    review_take(cycle=cycle, person=cast.demand_planner, lines=np.array([line]), source=source, at=REVIEW)
    baseline, events = plan(cycle, line, Stage.BASELINE), plan(cycle, line, Stage.EVENTS)
    expected = {"baseline": baseline, "sales": events, "half": (baseline + events) / 2}[source]
    np.testing.assert_allclose(plan(cycle, line), expected)
    np.testing.assert_allclose(plan(cycle, line, Stage.SALES), events)
    assert review(cycle).settled == 1


def test_taking_the_proposal_takes_the_own_number_away(cast: Cast, cycle: Cycle, line: int) -> None:
    lines, person = np.array([line]), cast.demand_planner
    proposal = plan(cycle, line)
    review_take(cycle=cycle, person=person, lines=lines, source="baseline", at=REVIEW)
    review_take(cycle=cycle, person=person, lines=lines, source="proposal", at=REVIEW)
    np.testing.assert_allclose(plan(cycle, line), proposal)
    layer = LayerLine.objects.get(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id=line)
    assert layer.quantity == [None] * 24
    assert review(cycle).settled == 1


def test_a_typed_total_adds_up_and_leaves_later_months(cast: Cast, cycle: Cycle, line: int) -> None:
    before = plan(cycle, line)
    review_type(cycle=cycle, person=cast.demand_planner, line=line, total=777.0, at=REVIEW)
    assert plan(cycle, line)[:12].sum() == pytest.approx(777.0)
    np.testing.assert_allclose(plan(cycle, line)[12:], before[12:])
    with pytest.raises(Invalid, match="zero or more"):
        review_type(cycle=cycle, person=cast.demand_planner, line=line, total=-1, at=REVIEW)


def test_a_bulk_rule_shows_first_and_is_undone_as_a_whole(cast: Cast, cycle: Cycle) -> None:
    gamma = cast.line("GAMMA", "NORTH").pk
    before = plan(cycle, gamma)
    preview = bulk_preview(cycle, SMALL)
    assert preview.lines.tolist() == [gamma]
    assert (preview.units, preview.value) == (pytest.approx(-1.0), pytest.approx(-25.0))
    assert preview.words == "Take the baseline where the change is under 5 % and no reason is given"
    taken = bulk_apply(cycle=cycle, person=cast.demand_planner, rule=SMALL, at=REVIEW)
    assert (taken.lines, taken.cells) == (1, 1)
    np.testing.assert_allclose(plan(cycle, gamma), plan(cycle, gamma, Stage.BASELINE))
    undone = review_undo(cycle=cycle, person=cast.demand_planner, at=REVIEW + timedelta(minutes=1))
    assert (undone.lines, undone.cells, undone.rule) == ([gamma], 1, preview.words)
    np.testing.assert_allclose(plan(cycle, gamma), before)
    assert not LayerLine.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN).exists()
    assert Change.objects.filter(stage=Stage.DEMAND_PLAN).values_list("origin", flat=True)[0] == "rule"
    assert Change.objects.filter(stage=Stage.DEMAND_PLAN).count() == 2


def test_a_family_takes_the_proposal_and_settled_lines_are_left_alone(cast: Cast, cycle: Cycle, line: int) -> None:
    person = cast.demand_planner
    review_take(cycle=cycle, person=person, lines=np.array([line]), source="sales", at=REVIEW)
    held = plan(cycle, line)
    for family, expected in (("BIKES", []), ("PARTS", [cast.line("GAMMA", "NORTH").pk])):
        rule = BulkRule(source="proposal", family=family)
        assert bulk_preview(cycle, rule).lines.tolist() == expected
    bulk_apply(cycle=cycle, person=person, rule=BulkRule(source="proposal", family="PARTS"), at=REVIEW)
    np.testing.assert_allclose(plan(cycle, line), held)
    assert LayerLine.objects.filter(stage=Stage.DEMAND_PLAN).count() == 2


def test_a_rule_that_fits_nothing_or_everything_is_said(cast: Cast, cycle: Cycle) -> None:
    small = BulkRule(source="baseline", under_share=0.00001)
    with pytest.raises(Refused, match="No line fits"):
        bulk_apply(cycle=cycle, person=cast.demand_planner, rule=small, at=REVIEW)
    with pytest.raises(Invalid, match="which lines"):
        bulk_preview(cycle, BulkRule(source="baseline"))
    for rule in (BulkRule("baseline", family="CARS"), BulkRule("baseline", reason="mood"), BulkRule("typed", 0.1)):
        with pytest.raises(Invalid):
            bulk_preview(cycle, rule)
    with pytest.raises(Refused, match="no choice of yours"):
        review_undo(cycle=cycle, person=cast.demand_planner, at=REVIEW)


def test_choices_are_undone_one_by_one_back_to_open(cast: Cast, cycle: Cycle, line: int) -> None:
    person, lines = cast.demand_planner, np.array([line])
    seen = [plan(cycle, line)]
    for minute, source in enumerate(("baseline", "proposal", "half")):
        at = REVIEW + timedelta(minutes=minute)
        review_take(cycle=cycle, person=person, lines=lines, source=source, at=at)
        seen.append(plan(cycle, line))
    review_type(cycle=cycle, person=person, line=line, total=777, at=REVIEW + timedelta(minutes=5))
    for number, source in enumerate(("half", "proposal", "baseline")):
        review_undo(cycle=cycle, person=person, at=REVIEW + timedelta(hours=1, minutes=number))
        np.testing.assert_allclose(plan(cycle, line), seen[3 - number])
        row = review(cycle).lines[0]
        assert (row.source, row.settled_by) == (source, "Dora Demand")
    review_undo(cycle=cycle, person=person, at=REVIEW + timedelta(hours=2))
    np.testing.assert_allclose(plan(cycle, line), seen[0])
    assert review(cycle).lines[0].settled_by == ""
    assert Settlement.objects.filter(undone_at=None).count() == 0


def test_a_choice_that_somebody_changed_since_stays(cast: Cast, cycle: Cycle, line: int) -> None:
    review_take(cycle=cycle, person=cast.demand_planner, lines=np.array([line]), source="half", at=REVIEW)
    later = REVIEW + timedelta(minutes=3)
    edit = CellEdit(line, NOV, 55.0)
    cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=cast.demand_planner, edits=[edit], at=later)
    with pytest.raises(Refused, match=r"North Stores.* was changed after"):
        review_undo(cycle=cycle, person=cast.demand_planner, at=later)
    assert plan(cycle, line)[0] == 55.0


def test_only_the_demand_planner_settles(cast: Cast, cycle: Cycle, line: int) -> None:
    for person in (cast.rep, cast.manager, cast.ceo, cast.admin):
        with pytest.raises(NotYours):
            review_take(cycle=cycle, person=person, lines=np.array([line]), source="sales", at=REVIEW)


def test_assumptions_need_words_an_owner_and_a_date(cast: Cast, cycle: Cycle) -> None:
    facts = {"cycle": cycle, "person": cast.demand_planner, "family": "BIKES", "at": REVIEW}
    with pytest.raises(Invalid, match="in a sentence"):
        assumption_add(text="", owner="mark", check_on="2026-12-01", **facts)
    with pytest.raises(Invalid, match="who watches"):
        assumption_add(text="Spring is warm", owner="nobody", check_on="2026-12-01", **facts)
    with pytest.raises(Invalid, match="the date"):
        assumption_add(text="Spring is warm", owner="mark", check_on="soon", **facts)
    written = assumption_add(text="Spring is warm", owner="mark", check_on="2026-12-01", **facts)
    assumption_check(pk=written.pk, person=cast.marketing, state="broken", at=REVIEW)
    assert Assumption.objects.get().state == Assumption.State.BROKEN
    with pytest.raises(NotYours, match="Mark Marketing"):
        assumption_check(pk=written.pk, person=cast.rep, state="holds", at=REVIEW)


def rests_on(cast: Cast, cycle: Cycle, text: str, **more: Any) -> Assumption:
    facts = {"family": "", "owner": "mark", "check_on": "2026-12-01", "at": REVIEW} | more
    return assumption_add(cycle=cycle, person=cast.demand_planner, text=text, **facts)


def test_an_assumption_of_a_line_stands_with_it_and_its_family(cast: Cast, cycle: Cycle, line: int) -> None:
    own = rests_on(cast, cycle, "The shop opens in March", line=line)
    rests_on(cast, cycle, "No strike at the harbour", family="BIKES")
    rests_on(cast, cycle, "Bottles stay cheap", family="PARTS")
    rests_on(cast, cycle, "Beta stays", line=cast.line("BETA", "NORTH").pk)
    assert own.family is not None
    assert own.family.code == "BIKES"
    focus = focus_line(cycle, review(cycle), line)
    assert {row.text for row in focus.assumptions} == {"The shop opens in March", "No strike at the harbour"}
    with pytest.raises(Refused, match="no line"):
        rests_on(cast, cycle, "Nothing", line=987_654)


def test_assumptions_of_earlier_cycles_are_checked_first(cast: Cast, cycle: Cycle) -> None:
    replay_baseline(month=date(2026, 10, 1), at=REVIEW)
    past = Cycle.objects.get(month=date(2026, 10, 1))
    rests_on(cast, cycle, "New", check_on="2026-11-15")
    rests_on(cast, past, "Old and open", check_on="2027-03-01")
    closed = rests_on(cast, past, "Old and closed", check_on="2026-10-20")
    assumption_check(pk=closed.pk, person=cast.demand_planner, state="broken", at=REVIEW)
    assert [row.text for row in assumptions_of(cycle)] == ["Old and open", "New"]
    assert [row.text for row in assumptions_of(past)] == ["Old and closed", "Old and open"]


def test_an_assumption_that_holds_gets_its_next_day_and_every_look_is_kept(
    client: Client, cast: Cast, cycle: Cycle
) -> None:
    replay_baseline(month=date(2026, 10, 1), at=REVIEW)
    past = Cycle.objects.get(month=date(2026, 10, 1))
    old = rests_on(cast, past, "Old and open", check_on="2026-11-12")
    rests_on(cast, cycle, "New")
    assert [(view.row.text, view.waits) for view in assumption_views(cycle, cast.rep)] == [
        ("Old and open", True),
        ("New", False),
    ]
    assert [row.text for row in assumptions_due(date(2026, 11, 12))] == ["Old and open"]
    for day in ("", "2026-11-09"):
        with pytest.raises(Invalid, match=r"[Gg]ive (the date|a day)"):
            assumption_check(pk=old.pk, person=cast.marketing, state="holds", check_on=day, at=REVIEW)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": REVIEW})
    client.force_login(cast.marketing.user)
    form = {"assumption": old.pk, "state": "holds", "note": "Asked the dealer", "check_on": "2026-11-01"}
    refused = client.post(f"/demand/assumptions/{old.pk}/", form)
    assert (refused.status_code, "a day to come" in refused.content.decode()) == (422, True)
    assert client.post(f"/demand/assumptions/{old.pk}/", form | {"check_on": "2027-01-15"}).status_code == 302
    first = assumption_views(cycle, cast.marketing)[0]
    assert (first.row.text, first.waits, first.may_check) == ("Old and open", False, True)
    assert [(one.note, one.by, one.check_on) for one in first.checks] == [
        ("Asked the dealer", cast.marketing, date(2027, 1, 15))
    ]
    assert "Asked the dealer" in client.get("/demand/").content.decode()


def test_an_assumption_is_written_on_the_line_and_signed_with_the_plan(
    client: Client, cast: Cast, cycle: Cycle, line: int
) -> None:
    planner = signed_in(client, cast.demand_planner)
    facts = {"line": line, "text": "The shop opens in March", "owner": "mark", "check_on": "soon"}
    refused = planner.post("/demand/assume/", facts)
    assert refused.status_code == 422
    assert 'value="The shop opens in March"' in refused.content.decode()
    answer = planner.post("/demand/assume/", facts | {"check_on": "2026-12-01"})
    assert answer["Location"] == f"/demand/?line={line}#focus"
    part = planner.get(f"/demand/line/{line}/", headers={"HX-Request": "true"}).content.decode()
    assert "The shop opens in March: Mark Marketing, check on 1 Dec 2026" in part
    demand_sign(cycle=cycle, person=cast.manager, at=REVIEW)
    text = signed_in(Client(), cast.rep).get("/demand/").content.decode()
    assert "The shop opens in March (North Stores, Alpha): Mark Marketing" in text


def test_a_phone_shows_ten_lines_first_and_asks_for_more_by_a_link(client: Client, cast: Cast, cycle: Cycle) -> None:
    planner = signed_in(client, cast.demand_planner)
    text = planner.get("/demand/?lines=all").content.decode()
    assert text.count('class="later"') == 1
    assert "shown=20#line-" in text
    assert "10 of 11 shown" in text
    whole = planner.get("/demand/?lines=all&shown=20").content.decode()
    assert 'class="later"' not in whole
    assert "Show ten more" not in whole
    assert planner.get("/demand/?shown=x").status_code == 422
    assert planner.get("/demand/?shown=-4").content.decode().count('class="later"') == 0


def signed_in(client: Client, person: object) -> Client:
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_shows_the_exception_to_everybody_and_buttons_to_the_planner(
    client: Client, cast: Cast, cycle: Cycle, line: int
) -> None:
    text = signed_in(client, cast.demand_planner).get("/demand/").content.decode()
    assert "North Stores" in text
    assert 'value="half"' in text
    other = signed_in(Client(), cast.rep).get("/demand/").content.decode()
    assert "North Stores" in other
    assert 'value="half"' not in other


def test_settling_and_signing_by_the_page(client: Client, cast: Cast, cycle: Cycle, line: int) -> None:
    planner = signed_in(client, cast.demand_planner)
    answer = planner.post("/demand/take/", {"line": [str(line)], "source": "half"}, follow=True)
    assert "1 settled" in answer.content.decode()
    assert planner.post("/demand/take/", {"source": "half"}).status_code == 422
    shown = planner.post("/demand/bulk/", {"source": "baseline", "under": "5", "reason": "none"}).content.decode()
    assert "1 line" in shown
    assert "Gamma" in shown
    assert planner.post("/demand/sign/").status_code == 403
    head = signed_in(Client(), cast.manager)
    assert "Sign the demand plan" in head.get("/demand/").content.decode()
    assert "Demand is signed" in head.post("/demand/sign/", follow=True).content.decode()


def test_a_refused_assumption_keeps_what_was_typed(client: Client, cast: Cast, cycle: Cycle) -> None:
    typed = {"text": "Warm spring", "owner": "mark", "check_on": ""}
    answer = signed_in(client, cast.demand_planner).post("/demand/assume/", typed)
    assert answer.status_code == 422
    assert "Warm spring" in answer.content.decode()


def test_the_answer_to_the_script_is_the_row_and_how_far_the_review_is(
    client: Client, cast: Cast, cycle: Cycle, line: int
) -> None:
    planner = signed_in(client, cast.demand_planner)
    partial = {"HX-Request": "true"}
    taken = planner.post("/demand/take/", {"take": f"half:{line}"}, headers=partial).content.decode()
    assert "<html" not in taken
    assert f'id="line-{line}"' in taken
    assert "All settled." in taken
    assert "Undo half-way" in taken
    typed = planner.post("/demand/type/", {"line": line, "total": "321"}, headers=partial).content.decode()
    assert ">321</a>" in typed
    undone = planner.post("/demand/undo/", headers=partial).content.decode()
    assert "Undone: 1 line is as before." in undone
    assert "Undo half-way" in undone
    for bad in ({"take": "half:x"}, {"take": f"mood:{line}"}, {"take": "half:"}):
        assert planner.post("/demand/take/", bad, headers=partial).status_code == 422


def test_without_the_script_a_choice_leads_to_the_next_open_line(
    client: Client, cast: Cast, cycle: Cycle, line: int
) -> None:
    planner = signed_in(client, cast.demand_planner)
    answer = planner.post("/demand/take/", {"take": f"sales:{line}"})
    assert answer["Location"] == f"/demand/?after={line}"
    present = planner.post("/demand/take/", {"take": f"sales:{line}", "present": "1"})
    assert present["Location"] == f"/demand/?present=1&after={line}"


def test_the_line_in_focus_shows_what_speaks_for_a_number(client: Client, cast: Cast, cycle: Cycle, line: int) -> None:
    product, customer = cast.products["ALPHA"], cast.customers["NORTH"]
    order = {"product": product, "customer": customer, "qty": 20, "ordered_on": date(2026, 10, 1)}
    OrderLine.objects.create(code="SO-7", promised_on=date(2026, 11, 20), **order)
    OrderLine.objects.create(code="SO-8", shipped_on=date(2026, 10, 9), **order)
    note_add(cycle=cycle, by=cast.manager, text="They open a shop", at=REVIEW, line=cast.line("ALPHA", "NORTH"))
    reader = signed_in(client, cast.supply_planner)
    text = reader.get(f"/demand/line/{line}/", headers={"HX-Request": "true"}).content.decode()
    for words in ("Customer told me", "SO-7", "They open a shop", "Rita Rep", "→ 200", "<svg"):
        assert words in text
    assert "SO-8" not in text
    assert reader.get(f"/demand/line/{line}/")["Location"] == f"/demand/?line={line}#focus"
    assert reader.get("/demand/line/999999/", headers={"HX-Request": "true"}).status_code == 404


# What is said of a line; what the rule learned of everybody together ("past cases") is for all to read.
LANDED = re.compile(r"landed at \d+% of the change, \d+ cases")


def test_how_such_changes_landed_is_for_planners_and_never_of_one_person(
    client: Client, cast: Cast, cycle: Cycle, line: int
) -> None:
    told = {(("sign",), 1): LandedKind(Landed(0.84, 23, 3), ("sign",))}
    [row] = review_lines(cycle, review_frame(cycle).query("line == @line"), landed=told)
    assert row.landed_words == "Upward changes landed at 84% of the change, 23 cases."
    for few in ([cast.rep], [cast.rep, cast.other_rep]):
        past_changes(cast, few)
        assert landed_now(cycle) == {}
    past_changes(cast, [cast.rep, cast.other_rep, cast.manager])
    proposal_build(cycle=cycle, at=REVIEW)
    planner, rep = signed_in(client, cast.demand_planner), signed_in(Client(), cast.rep)
    for path in ("/demand/", f"/demand/?line={line}"):
        assert LANDED.search(planner.get(path).content.decode())
        assert not LANDED.search(rep.get(path).content.decode())
    for person in (planner, rep):
        meeting = person.get("/demand/?present=1").content.decode()
        assert "landed" not in meeting.lower()
        assert "Rita" not in meeting.partition("<article")[2]


def past_changes(cast: Cast, people: list[Person]) -> None:
    """Twelve changes in cycles before, by these people in turn, each double the baseline of its month."""
    for number, month in enumerate((5, 6, 7, 8, 9, 10)):
        replay_baseline(month=date(2026, month, 1), at=REVIEW)
        past = Cycle.objects.get(month=date(2026, month, 1))
        for turn, customer in enumerate(("NORTH", "EAST")):
            owner = people[(2 * number + turn) % len(people)]
            line = cast.line("ALPHA", customer)
            CycleLine.objects.filter(cycle=past, line=line).update(owner=owner)
            base = stage_plan(past, Stage.BASELINE, np.array([line.pk])).quantity[0, 0]
            layer = [2 * float(base) + number, *[None] * (past.horizon - 1)]
            fields = {"quantity": layer, "changed_by": owner, "changed_at": REVIEW}
            LayerLine.objects.update_or_create(cycle=past, stage=Stage.SALES, line=line, defaults=fields)


def test_every_line_can_be_found_and_changed(client: Client, cast: Cast, cycle: Cycle) -> None:
    planner = signed_in(client, cast.demand_planner)
    text = planner.get("/demand/?lines=all").content.decode()
    assert text.count("<tr id=") == 11
    found = planner.get("/demand/?lines=all&family=PARTS&q=gamma+east").content.decode()
    assert found.count("<tr id=") == 1
    assert "East Stores, Gamma" in found
    assert "No line fits." in planner.get("/demand/?lines=all&q=zebra").content.decode()


def test_what_was_signed_is_kept_with_its_totals(client: Client, cast: Cast, cycle: Cycle, line: int) -> None:
    review_take(cycle=cycle, person=cast.demand_planner, lines=np.array([line]), source="half", at=REVIEW)
    bulk_apply(cycle=cycle, person=cast.demand_planner, rule=SMALL, at=REVIEW)
    value = float((review(cycle).everything["plan"] * review(cycle).everything["price"]).sum())
    demand_sign(cycle=cycle, person=cast.manager, at=REVIEW, note="Agreed on Tuesday")
    record = signature_of(cycle, cast.rep, review(cycle)).record
    assert record is not None
    assert (record.exceptions, record.unsettled, record.by_hand, record.by_rule) == (1, 0, 1, 1)
    assert record.value == pytest.approx(value)
    text = signed_in(client, cast.rep).get("/demand/").content.decode()
    for words in ("Agreed on Tuesday", "1 by hand, 1 by rule", record.version.content_hash[:12]):
        assert words in text


def test_what_is_wrong_is_listed_with_where_to_put_it_right(client: Client, cast: Cast, cycle: Cycle) -> None:
    gamma = cast.line("GAMMA", "NORTH").pk
    CycleLine.objects.filter(cycle=cycle, line_id=gamma).update(price=0)
    CycleLine.objects.filter(cycle=cycle, line__customer=cast.customers["EAST"]).update(owner=None)
    CycleLine.objects.filter(cycle=cycle, line__customer=cast.customers["SOUTH"]).update(region=None)
    lines_forget()
    fixes = fixes_of(review(cycle), is_stale=True)
    assert [(fix.page, fix.blocks) for fix in fixes] == [
        ("", True),
        ("/finance/", False),
        ("/people/", False),
        ("/data/", False),
    ]
    assert fixes[1].text.startswith("1 line without a price count as nothing in money: North Stores, Gamma")
    text = signed_in(client, cast.manager).get("/demand/").content.decode()
    assert "Put it right" in text
    assert "Sign the demand plan" in text
    edit = CellEdit(gamma, NOV, 99.0)
    cells_save(cycle=cycle, stage=Stage.TEAM, person=cast.manager, edits=[edit], at=REVIEW + timedelta(minutes=1))
    stale = signed_in(client, cast.manager).get("/demand/").content.decode()
    assert "Stops the signature" in stale
    assert "Sign the demand plan</button>" not in stale
    lines_forget()


@pytest.mark.parametrize(("path", "most"), [("/demand/", 50), ("/demand/?lines=all", 50), ("/demand/?present=1", 42)])
def test_the_pages_cost_the_same_whatever_the_rows(
    client: Client, cast: Cast, cycle: Cycle, django_assert_max_num_queries: Any, path: str, most: int
) -> None:
    planner = signed_in(client, cast.demand_planner)
    planner.get(path)
    with django_assert_max_num_queries(most):
        planner.get(path)
