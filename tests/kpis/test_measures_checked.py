"""Every measure is reckoned a second time, in plain SQL, pandas or by hand: the list of where, and what was missing."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from cycles.models import Contribution, Cycle, How
from cycles.reminders import Kind
from cycles.steps import Step
from jobs.models import Message, MessageState
from kpis.measures.catalogue import CATALOGUE
from kpis.selectors.process import measured_by_cycle, process_measures
from meetings.models import Action, Attendance, Decision, Meeting, MeetingKind
from tests.cast import Cast
from tests.kpis.past import moment, past_cycle, times_of
from tests.kpis.test_measure_cuts import OCT, SEP

TESTS = Path(__file__).resolve().parents[1]
DEMO = "kpis/test_demo_measures.py"
FILES = f"{DEMO}::test_measures_equal_the_files"
CUTS = "kpis/test_measure_cuts.py"
HERE = "kpis/test_measures_checked.py::test_the_process_of_every_cycle_equals_plain_sql"
FORECAST = "demand/test_accuracy.py"
# where each measure is reckoned again; a new measure is not finished before it stands here
CHECKED = {
    **dict.fromkeys(("wape", "accuracy", "bias", "fva"), f"{CUTS}::test_errors_of_a_part_by_stage_and_lag"),
    "tracking_signal": f"{CUTS}::test_the_tracking_signal_of_the_company_over_its_months",
    "mape": f"{FORECAST}::test_the_published_vector",
    "mase": f"{FORECAST}::test_mase_compares_with_repeating_last_year",
    "smape": f"{FORECAST}::test_smape_is_symmetric_and_two_zeros_are_perfect",
    "hit_rate": f"{FORECAST}::test_hit_rate_counts_changes_only",
    "call_calibration": "kpis/test_track_record_page.py::test_three_facts_best_call_and_biggest_miss",
    "brier": f"{FORECAST}::test_brier_of_calls",
    "plan_stability": f"{FORECAST}::test_stability_over_the_months_both_versions_cover",
    **dict.fromkeys(
        (
            "otif_request", "otif_promise", "unit_fill_rate", "line_fill", "delay_median", "delay_p90",
            "past_due_units", "past_due_money", "order_cycle_time", "return_rate", "complaint_rate", "satisfaction",
            "units_sold", "revenue", "cost_of_sales", "margin", "margin_share", "holding_cost", "below_safety",
        ),
        FILES,
    ),
    "order_fill": "kpis/test_measures_service.py::test_order_fill_is_much_harsher_than_line_fill",
    "capacity_utilisation": f"{DEMO}::test_the_hours_of_the_month_against_the_regular_ones",
    "plan_attainment": "kpis/test_supply_kept.py::test_attainment_and_adherence_are_what_sql_counts",
    "plan_performance": "kpis/test_supply_kept.py::test_attainment_and_adherence_are_what_sql_counts",
    "days_of_supply": "kpis/test_snapshots.py::test_days_of_supply_look_ahead_with_the_next_cycle",
    "inventory_turns": f"{DEMO}::test_the_gap_to_budget_and_turns_of_the_company",
    "gap_to_budget": f"{DEMO}::test_the_gap_to_budget_and_turns_of_the_company",
    "overtime_cost": "kpis/test_measures_money.py::test_costs",
    "expediting_cost": "kpis/test_measures_money.py::test_costs",
    **dict.fromkeys(
        (
            "participation", "participation_value", "cycle_adherence", "attendance", "attendance_executives",
            "decision_latency", "action_closure", "time_to_submit", "time_to_submit_p90", "mails_sent",
            "input_requests",
        ),
        HERE,
    ),
    "barriers": "kpis/test_measures_process.py::test_barriers_by_department_and_reason_with_what_was_done",
}  # fmt: skip


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_measure_is_reckoned_again_somewhere(code: str) -> None:
    assert code in CHECKED, f"{code} has no independent check: write one and name it here."
    file, name = CHECKED[code].split("::")
    text = (TESTS / file).read_text()
    assert f"def {name}(" in text
    assert file != DEMO or f'"{code}"' in text


def test_the_list_has_no_measure_that_is_gone() -> None:
    assert set(CHECKED) == set(CATALOGUE)


PROCESS = {
    "participation": """
SELECT count(*) FILTER (WHERE a.how IN ('changed', 'all_fine') AND a.answered_at <= s.due_at)::float / count(*)
FROM cycles_contribution a JOIN cycles_cyclestep s ON s.cycle_id = a.cycle_id AND s.step = a.step
WHERE a.cycle_id = %s AND a.step = 'sales_forecast'""",
    "participation_value": """
SELECT sum(a.value) FILTER (WHERE a.how IN ('changed', 'all_fine') AND a.answered_at <= s.due_at) / sum(a.value)
FROM cycles_contribution a JOIN cycles_cyclestep s ON s.cycle_id = a.cycle_id AND s.step = a.step
WHERE a.cycle_id = %s AND a.step = 'sales_forecast'""",
    "cycle_adherence": """
SELECT count(*) FILTER (WHERE closed_at <= due_at)::float / count(*)
FROM cycles_cyclestep WHERE due_at <= now() AND cycle_id = %s""",
    "decision_latency": """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - raised_at) / 3600)
FROM meetings_decision WHERE decided_at IS NOT NULL AND cycle_id = %s""",
    "action_closure": """
SELECT count(*) FILTER (WHERE (closed_at AT TIME ZONE c.timezone)::date <= due_on)::float / count(*)
FROM meetings_action, masterdata_company c WHERE state <> 'dropped' AND cycle_id = %s""",
    "attendance": """
SELECT count(*) FILTER (WHERE present)::float / count(*)
FROM meetings_attendance a JOIN meetings_meeting m ON m.id = a.meeting_id WHERE m.cycle_id = %s""",
    "attendance_executives": """
SELECT count(*) FILTER (WHERE present)::float / count(*)
FROM meetings_attendance a JOIN meetings_meeting m ON m.id = a.meeting_id
JOIN masterdata_person p ON p.id = a.person_id WHERE p.role = 'executive' AND m.cycle_id = %s""",
    "time_to_submit": """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY active_seconds) FROM cycles_contribution WHERE cycle_id = %s""",
    "time_to_submit_p90": """
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY active_seconds) FROM cycles_contribution WHERE cycle_id = %s""",
    "mails_sent": """
SELECT count(*)::float / count(DISTINCT recipient_id) FROM jobs_message m
JOIN cycles_cycle c ON to_char(c.month, 'YYYY-MM') = m.cycle WHERE m.state = 'sent' AND c.id = %s""",
    "input_requests": """
SELECT max(n)::float FROM (SELECT count(*) AS n FROM jobs_message m
JOIN cycles_cycle c ON to_char(c.month, 'YYYY-MM') = m.cycle
WHERE m.state = 'sent' AND m.kind LIKE 'input_%%' AND c.id = %s GROUP BY m.recipient_id) each""",
}


def people_of(cast: Cast) -> list:
    return [cast.people[name] for name in sorted(cast.people)][:7]


def happened(cast: Cast, month, turn: int) -> datetime:
    """A cycle in which some were early, some late and one not at all; `turn` makes two cycles differ."""
    cycle = past_cycle(month, {}, simulated=False)
    at, deadline = moment(month), times_of(month)[Step.SALES_FORECAST][1]
    hows = [How.CHANGED, How.ALL_FINE, How.AUTO, How.CHANGED, How.CHANGED, How.ALL_FINE, How.AUTO]
    for i, (person, how) in enumerate(zip(people_of(cast), hows, strict=True)):
        answered = None if i == 6 else deadline + timedelta(hours=(i - 3) * (1 + turn))
        Contribution.objects.create(
            cycle=cycle, step=Step.SALES_FORECAST.value, person=person.user, value=100.0 * (i + turn), how=how,
            answered_at=answered, active_seconds=None if i == 6 else 30.0 * (i + 1) ** (turn + 1),
        )  # fmt: skip
        for k, kind in enumerate((Kind.INPUT_OPENED, Kind.INPUT_LAST_DAY, "digest")[: 1 + (i + turn) % 3]):
            Message.objects.create(
                key=f"{cycle.code}{i}{k}", kind=kind, cycle=cycle.code, recipient=person.user, subject="x", text="x",
                due_at=at, state=MessageState.DUE if i == 5 else MessageState.SENT,
            )  # fmt: skip
    for step in cycle.steps.all()[: 3 + turn]:
        step.closed_at = step.due_at
        step.save()
    meeting = Meeting.objects.create(cycle=cycle, kind=MeetingKind.EXECUTIVE, starts_at=at)
    for i, person in enumerate((*people_of(cast), cast.ceo)[: 7 + turn]):
        Attendance.objects.get_or_create(
            meeting=meeting, person=person, defaults={"present": [True, None, False][i % 3]}
        )
    for i, hours in enumerate((5, 30, None, 8 + turn)):
        Decision.objects.create(
            code=f"D-{month:%m}{i}", cycle=cycle, question="x", raised_by=cast.leader, raised_at=at,
            decider=cast.leader, forum=MeetingKind.EXECUTIVE, decide_by=at.date(), chosen="a" if hours else "",
            state=Decision.State.DECIDED if hours else Decision.State.OPEN, decided_by=cast.leader if hours else None,
            decided_at=None if hours is None else at + timedelta(hours=hours),
        )  # fmt: skip
    for i, closed in enumerate((-30, 20, 23.5, 26, None)):
        Action.objects.create(
            code=f"A-{month:%m}{i}", cycle=cycle, text="x", owner=cast.rep, due_on=at.date(), raised_by=cast.leader,
            raised_at=at, closed_at=None if closed is None else at.replace(hour=0) + timedelta(hours=closed + turn),
        )  # fmt: skip
    return at + timedelta(days=20)


@pytest.mark.django_db
def test_the_process_of_every_cycle_equals_plain_sql(cast: Cast) -> None:
    cast.company.timezone = "America/Chicago"
    cast.company.save()
    at = [happened(cast, month, turn) for turn, month in enumerate((SEP, OCT))][-1]
    cycles = {cycle.month: cycle for cycle in Cycle.objects.all()}
    found = measured_by_cycle(cycles[OCT], 12, at=at)
    assert list(found) == [SEP, OCT]
    for month, measures in found.items():
        for code, query in PROCESS.items():
            with connection.cursor() as cursor:
                cursor.execute(query, [cycles[month].pk])
                expected = cursor.fetchone()[0]
            assert measures[code].value == pytest.approx(float(expected)), (month, code)
    assert {code for measures in found.values() for code in measures} == set(PROCESS)
    assert {row.measure.code for row in process_measures(cycles[OCT], at=at)} == set(PROCESS)
