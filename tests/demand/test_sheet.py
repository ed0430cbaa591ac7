"""The sheet's selector: what stands in a line, who may write it, in how many queries."""

from datetime import date

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.models import Booking, CycleLine, Reason, Stage
from demand.selectors import stages, stored
from demand.selectors.history import history
from demand.selectors.lines import lines_forget
from demand.selectors.owned import owned
from demand.selectors.sheet import Sheet, sheet
from demand.selectors.sheet_lines import Layer, SheetLine
from demand.selectors.stages import moved, stage_numbers
from demand.selectors.versions import stage_plan
from demand.services.comments import question_ask
from demand.services.entries import CellEdit, cells_save
from demand.services.versions import version_store
from jobs.errors import Refused
from masterdata.models import Customer, Person, Product, RowChange
from tests.cast import Cast, booked_quantity
from tests.stages import ENTRY, OPENED, REVIEW, cycle_demand_signed

OCT = date(2026, 10, 1)
NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


def line_of(shown: Sheet, cast: Cast, product: str = "ALPHA", customer: str = "NORTH") -> SheetLine:
    wanted = cast.line(product, customer).pk
    return next(line for line in shown.lines if line.line == wanted)


def save(cycle: Cycle, person: Person, cast: Cast, value: float, stage: Stage = Stage.SALES, **more: str) -> None:
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, value, **more)
    cells_save(cycle=cycle, stage=stage, person=person, edits=[edit], at=ENTRY)


def test_a_line_carries_what_its_cells_are_compared_with(cast: Cast, cycle: Cycle) -> None:
    line = line_of(sheet(cycle, cast.rep, cast.rep), cast)
    plan = stage_plan(cycle, Stage.BASELINE, np.array([line.line]))
    assert line.base == line.own == plan.quantity[0].tolist()
    assert line.last_year[:12] == [
        booked_quantity("ALPHA", "NORTH", date(2025 + (m > 12), (m - 1) % 12 + 1, 1)) for m in range(11, 23)
    ]
    assert line.last_year[12:] == [None] * 12
    assert line.average3 == pytest.approx(
        sum(booked_quantity("ALPHA", "NORTH", date(2026, m, 1)) for m in (8, 9, 10)) / 3
    )
    assert line.previous == [None] * 24
    assert (line.price, line.decimals, line.is_open) == (500.0, 0, True)


def test_a_change_its_reason_and_what_the_manager_makes_of_it(cast: Cast, cycle: Cycle) -> None:
    save(cycle, cast.rep, cast, 75.0, reason=Reason.CUSTOMER_TOLD, comment="called")
    save(cycle, cast.manager, cast, 70.0, Stage.TEAM, reason=Reason.OTHER, comment="too good")
    line = line_of(sheet(cycle, cast.rep, cast.rep), cast)
    assert (line.own[0], line.reason, line.note) == (75.0, Reason.CUSTOMER_TOLD, "called")
    assert line.changed == [True] + [False] * 23
    assert line.delta == pytest.approx(75.0 - line.base[0])
    assert (line.is_adjusted, line.team_delta) == (True, -5.0)
    assert (line.team_note.by, line.team_note.note) == ("Mona Manager", "too good")


def test_the_manager_writes_on_top_of_the_reps_number(cast: Cast, cycle: Cycle) -> None:
    save(cycle, cast.rep, cast, 75.0)
    save(cycle, cast.manager, cast, 70.0, Stage.TEAM)
    shown = sheet(cycle, cast.rep, cast.manager)
    line = line_of(shown, cast)
    assert (shown.layer, line.base[0], line.own[0], line.delta) == (Layer.TEAM, 75.0, 70.0, -5.0)


@pytest.mark.parametrize(
    ("who", "layer"),
    [
        ("rep", Layer.SALES),
        ("manager", Layer.TEAM),
        ("other_rep", Layer.NONE),
        ("ceo", Layer.NONE),
        ("demand_planner", Layer.NONE),
    ],
)
def test_who_may_write_a_sheet(cast: Cast, cycle: Cycle, who: str, layer: Layer) -> None:
    assert sheet(cycle, cast.rep, getattr(cast, who)).layer is layer


def test_flagged_lines_come_first_and_a_question_before_all(cast: Cast, cycle: Cycle) -> None:
    flagged, asked = cast.line("DELTA", "SOUTH"), cast.line("GAMMA", "SOUTH")
    flags = [{"code": "pushed", "text": "pushed", "why": "Pushed three times.", "value": 900, "also": ["Quiet."]}]
    CycleLine.objects.filter(cycle=cycle, line=flagged).update(flags=flags)
    question_ask(cycle=cycle, line=asked, by=cast.manager, text="Why?", at=ENTRY)
    shown = sheet(cycle, cast.rep, cast.rep)
    assert [line.line for line in shown.lines[:2]] == [asked.pk, flagged.pk]
    assert (len(shown.flagged), len(shown.others)) == (2, 6)
    assert (shown.lines[1].flag_words, shown.lines[1].also) == ("Pushed three times.", ["Quiet."])
    assert shown.lines[0].also == []


def test_a_line_outside_its_life_is_not_on_the_sheet(cast: Cast, cycle: Cycle) -> None:
    product = cast.products["BETA"]
    product.phase_out_month = OCT
    product.save()
    RowChange.objects.create(table="product", key="BETA", at=ENTRY)
    assert "Beta" not in {line.product for line in sheet(cycle, cast.rep, cast.rep).lines}


LIVES = [
    (None, None),
    (NOV, None),
    (date(2028, 10, 1), None),
    (date(2028, 11, 1), None),
    (None, OCT),
    (None, NOV),
    (date(2027, 3, 1), date(2027, 2, 1)),
    (date(2027, 2, 1), date(2027, 2, 1)),
]


@pytest.mark.parametrize(("launch", "phase_out"), LIVES)
def test_a_sheet_has_the_lines_that_everything_else_counts(
    cast: Cast, cycle: Cycle, launch: date | None, phase_out: date | None
) -> None:
    Product.objects.filter(code="BETA").update(launch_month=launch, phase_out_month=phase_out)
    lines_forget()
    expected = owned(cycle, [cast.rep.pk])
    shown = {line.line: line for line in sheet(cycle, cast.rep, cast.rep).lines}
    assert sorted(shown) == expected.lines.tolist()
    assert [shown[line].price for line in expected.lines] == expected.price.tolist()


def test_bookings_of_what_is_planned_elsewhere_count_for_the_line(cast: Cast, cycle: Cycle) -> None:
    plain = {"segment": "", "owner": cast.rep}
    shop = Customer.objects.create(code="SHOP", name="Shop", plan_as=cast.customers["NORTH"], **plain)
    red = Product.objects.create(
        code="ALPHA-RED", name="Red", family=cast.families["BIKES"], plan_as=cast.products["ALPHA"], price=500
    )
    before = line_of(sheet(cycle, cast.rep, cast.rep), cast).past
    for customer, product in ((shop, cast.products["ALPHA"]), (cast.customers["NORTH"], red), (shop, red)):
        Booking.objects.create(month=OCT, customer=customer, product=product, qty=7, revenue=1)
        Booking.objects.create(month=date(2025, 10, 1), customer=customer, product=product, qty=1000, revenue=1)
        Booking.objects.create(month=NOV, customer=customer, product=product, qty=1000, revenue=1)
    shown = sheet(cycle, cast.rep, cast.rep).lines
    line = next(line for line in shown if line.line == cast.line("ALPHA", "NORTH").pk)
    assert line.past == [*before[:-1], before[-1] + 21]
    ids = np.array(sorted(line.line for line in shown))
    expected = history(ids, start=date(2025, 11, 1), before=NOV).quantity
    assert sorted((line.line, line.past) for line in shown) == list(zip(ids, expected.tolist(), strict=True))


def test_a_question_is_read_with_who_asks_whom(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    asked = question_ask(cycle=cycle, line=line, by=cast.manager, text="Sure?", at=ENTRY)
    question_ask(cycle=cycle, line=line, by=cast.manager, text="Really?", at=ENTRY)
    shown = line_of(sheet(cycle, cast.rep, cast.rep), cast)
    assert shown.question is not None
    found = shown.question
    assert (found.pk, found.text, found.at, found.month) == (asked.pk, "Sure?", ENTRY, None)
    assert (found.by.name, found.to_id, found.line_id) == ("Mona Manager", cast.rep.pk, line.pk)
    assert (shown.is_noted, shown.is_open) == (True, True)
    others = [other for other in sheet(cycle, cast.rep, cast.rep).lines if other.line != line.pk]
    assert not any(other.is_noted or other.question for other in others)


def test_choices_are_for_who_writes_while_the_step_is_open(cast: Cast, cycle: Cycle) -> None:
    choices = sheet(cycle, cast.rep, cast.rep).beside.choices
    assert choices is not None
    assert sorted(code for code, _ in choices.customers) == ["NORTH", "SOUTH"]
    assert [name for _, name in choices.products] == sorted(product.name for product in cast.products.values())
    assert sheet(cycle, cast.rep, cast.manager).beside.choices is None
    assert sheet(cycle, cast.rep, cast.other_rep, enters=True).beside.choices == choices
    cycle_advance(cycle=cycle, at=REVIEW)
    assert sheet(cycle, cast.rep, cast.rep).beside.choices is None


def test_totals_are_the_sums_of_the_lines(cast: Cast, cycle: Cycle) -> None:
    save(cycle, cast.rep, cast, 75.0)
    shown = sheet(cycle, cast.rep, cast.rep)
    assert shown.totals.months == pytest.approx(np.sum([line.own for line in shown.lines], axis=0))
    assert shown.delta == pytest.approx(75.0 - line_of(shown, cast).base[0])
    assert (shown.changed, shown.missing) == (1, 1)


def test_closed_states_are_explained(cast: Cast, cycle: Cycle) -> None:
    assert sheet(cycle, cast.rep, cast.rep).closed_because == ""
    cycle_advance(cycle=cycle, at=REVIEW)
    assert "entry is closed" in sheet(cycle, cast.rep, cast.rep).closed_because
    assert sheet(cycle, cast.rep, cast.manager).closed_because == ""
    cycle_demand_signed(cast, cycle)
    for reader in (cast.rep, cast.manager):
        shown = sheet(cycle, cast.rep, reader)
        assert "is signed" in shown.closed_because
        assert not any(line.is_open for line in shown.lines)


def test_somebody_without_lines_has_an_empty_sheet(cast: Cast, cycle: Cycle) -> None:
    assert sheet(cycle, cast.manager, cast.manager).lines == []


def test_before_the_baseline_every_number_is_nothing(cast: Cast, cycle: Cycle) -> None:
    cycle.versions.update(state="superseded")
    shown = sheet(cycle, cast.rep, cast.rep)
    assert not shown.has_baseline
    assert shown.totals.months == [0.0] * 24


def test_the_queries_are_three_whatever_was_said(cast: Cast, cycle: Cycle, django_assert_num_queries: object) -> None:
    save(cycle, cast.rep, cast, 75.0)
    question_ask(cycle=cycle, line=cast.line("ALPHA", "NORTH"), by=cast.manager, text="Sure?", at=ENTRY)
    with django_assert_num_queries(3):
        sheet(cycle, cast.rep, cast.rep)


def test_many_lines_are_read_another_way_and_say_the_same(
    cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    save(cycle, cast.rep, cast, 75.0)
    save(cycle, cast.manager, cast, 70.0, Stage.TEAM)
    few = sheet(cycle, cast.rep, cast.rep).lines
    monkeypatch.setattr(stages, "FEW", 0)
    monkeypatch.setattr(stored, "FEW_LINES", 0)
    assert sheet(cycle, cast.rep, cast.rep).lines == few
    with django_assert_num_queries(4):
        sheet(cycle, cast.rep, cast.rep)


def test_the_numbers_of_the_cycle_before_are_matched_by_month(cast: Cast, cycle: Cycle) -> None:
    october = Cycle.objects.create(month=date(2026, 10, 1), horizon=24, opened_at=OPENED, simulated=True)
    plan = stage_plan(cycle, Stage.BASELINE)
    earlier = type(plan)(plan.lines, october.month, plan.quantity + np.arange(24))
    version_store(cycle=october, stage=Stage.SALES, plan=earlier, at=OPENED)
    line = line_of(sheet(cycle, cast.rep, cast.rep), cast)
    assert line.previous[:23] == pytest.approx((np.array(line.base) + np.arange(24))[1:])
    assert line.previous[23] is None


def test_a_stage_that_is_not_there_is_refused(cast: Cast, cycle: Cycle) -> None:
    numbers = stage_numbers([cycle.month], np.array([cast.line("ALPHA", "NORTH").pk]))
    assert not numbers.has(cycle.month, Stage.DEMAND_PLAN)
    with pytest.raises(Refused, match="has no demand plan yet"):
        numbers.plan(cycle.month, Stage.DEMAND_PLAN)


def test_a_plan_from_another_time_has_nothing_to_say(cast: Cast, cycle: Cycle) -> None:
    plan = stage_plan(cycle, Stage.BASELINE)
    for start in (date(2020, 1, 1), date(2027, 1, 1)):
        assert np.isnan(moved(type(plan)(plan.lines, start, plan.quantity), cycle)).all()
