"""What the slow parts cost on this machine, on the demonstration company, with a bare reference where there is one."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from statistics import median
from time import perf_counter

from django.db import connection, transaction
from django.test import Client
from psycopg2 import sql

from cycles.models import Cycle
from cycles.selectors import open_cycle
from demand.models import CycleLine, ForecastLine, LayerLine, Reason, Stage
from demand.selectors.lines import cycle_lines, line_ids, lines_forget, living_lines
from demand.selectors.versions import stage_plan, version_current
from demand.services.baseline import baseline_queue
from demand.services.plan import demand_plan_freeze, proposal_build
from demand.services.recorded import sales_input_replay
from masterdata.models import Person
from masterdata.selectors import company
from meetings.services.publishing import forecast_publish
from sop_portal.bench_planning import planning_figures
from sop_portal.bench_pulls import pull_figures
from sop_portal.demonstration.loading import FOLDER, demonstration_load
from sop_portal.opening import demonstration_open
from sop_portal.replay import replay_baseline
from sop_portal.tasks import job_do, work_until_done
from supply.services.planning import supply_answer_for_replay

REPEATS = 7
LONG_SHEET = 300
LONG_REVIEW = 300
PAGES = (
    ("linda-mitchell", "/"),
    ("linda-mitchell", "/sheet/"),
    ("linda-mitchell", "/orders/"),
    ("brian-welcker", "/team/"),
    ("marketing", "/events/"),
    ("finance", "/finance/"),
    ("demand", "/demand/"),
    ("supply", "/supply/"),
    ("leader", "/cycle/"),
    ("leader", "/meetings/"),
    ("leader", "/data/"),
    ("leader", "/people/"),
    ("ceo", "/executive/"),
    ("ceo", "/dashboard/"),
    ("ceo", "/accuracy/"),
    ("ceo", "/forecast/"),
    ("demand", "/api/v1/company-forecast/?level=line&page_size=100"),
    ("demand", "/api/v1/company-forecast/?level=line&format=csv"),
)


@dataclass(frozen=True)
class Figure:
    """One line of the benchmark: what, how much, and what it is compared with."""

    what: str
    value: str
    against: str = ""


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def benchmark(*, at: datetime, large: bool = False) -> Iterator[Figure]:
    """Every figure as it is known; needs an empty, migrated database. `large`: larger companies too."""
    yield from (Figure(*figure) for figure in planning_figures(large=large))
    yield from import_figures(at)
    yield from baseline_figures(at)
    yield from publish_figures(at)
    yield Figure("replay and measures", f"{timed(work_until_done)[0]:.0f} s", "12 past cycles, one process")
    yield from page_figures()
    if large:
        yield from (Figure(*figure) for figure in pull_figures())


def pulls(*, at: datetime) -> Iterator[Figure]:
    """Pulls of a large company's forecast; needs an empty, migrated database."""
    demonstration_load(at=at)
    yield from (Figure(*figure) for figure in pull_figures())


def import_figures(at: datetime) -> Iterator[Figure]:
    result = demonstration_load(at=at)
    if result is None:
        raise RuntimeError("The benchmark needs an empty database.")
    bare = bare_copy()
    rate = result.rows / result.seconds
    yield Figure("import, with history", f"{rate:,.0f} rows/s", f"{result.rows:,} rows in {result.seconds:.1f} s")
    yield Figure("import / bare COPY", f"{result.seconds / bare:.0f} x", f"the same files as text: {bare:.2f} s")


@transaction.atomic
def bare_copy() -> float:
    """Seconds to COPY the same files into tables of text, without reading a single value."""
    total = 0.0
    with connection.cursor() as cursor:
        for path in sorted(FOLDER.glob("*.csv")):
            text = path.read_text(encoding="utf-8")
            table = sql.Identifier(f"bare_{path.stem}")
            names = map(sql.Identifier, text.split("\n", 1)[0].strip().split(","))
            columns = sql.SQL(", ").join(sql.SQL("{} text").format(name) for name in names)
            cursor.execute(sql.SQL("CREATE TEMP TABLE {} ({}) ON COMMIT DROP").format(table, columns))
            statement = sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv, HEADER)").format(table)
            total += timed(partial(cursor.cursor.copy_expert, statement, io.StringIO(text)))[0]
    return total


def baseline_figures(at: datetime) -> Iterator[Figure]:
    demonstration_open(at=at)
    cycle = _open()
    seconds, _ = timed(lambda: job_do(job=baseline_queue(cycle=cycle, at=at)))
    lines = len(cycle_lines(cycle))
    yield Figure("baseline of all lines", f"{seconds:.1f} s", f"{lines:,} lines x {cycle.horizon} months, one process")


def _open() -> Cycle:
    cycle = open_cycle()
    if cycle is None:
        raise RuntimeError("The demonstration has no open cycle.")
    return cycle


def publish_figures(at: datetime) -> Iterator[Figure]:
    """Publishing the last past cycle, against copying the same rows inside the database."""
    month = company().last_closed_month
    if month is None:
        raise RuntimeError("The demonstration has no closed month.")
    replay_baseline(month=month, at=at)
    cycle = Cycle.objects.get(month=month)
    with transaction.atomic():
        sales_input_replay(cycle=cycle, at=at)
        proposal_build(cycle=cycle, at=at)
        demand_plan_freeze(cycle=cycle, at=at)
        plan_seconds, _ = timed(lambda: supply_answer_for_replay(cycle=cycle, at=at))
    seconds, _ = timed(lambda: forecast_publish(cycle=cycle, at=at, replayed=True))
    bare = bare_insert(cycle)
    yield Figure("supply plan", f"{plan_seconds:.2f} s", "all products x 24 months, allocated to lines")
    yield Figure("publish", f"{seconds:.2f} s", f"{month:%Y-%m}, rounded, hashed, stored")
    yield Figure("publish / bare INSERT ... SELECT", f"{seconds / bare:.0f} x", f"the same rows: {bare:.3f} s")


def bare_insert(cycle: Cycle) -> float:
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    rows = ForecastLine.objects.filter(version=version)
    copied = "CREATE TEMP TABLE bare_publish AS SELECT line_id, quantity FROM demand_forecastline WHERE version_id = %s"
    with connection.cursor() as cursor:
        seconds, _ = timed(lambda: cursor.execute(copied, [version.pk if version else 0]))
        cursor.execute("DROP TABLE bare_publish")
    return seconds if rows.exists() else float("nan")


def page_figures() -> Iterator[Figure]:
    """The median of some requests of each page on the server, after a first one."""
    for username, path in PAGES:
        yield page_figure(username, path, f"{path} ({username})")
    owner = Person.objects.get(user__username="linda-mitchell")
    lines = lengthen_sheet(owner)
    yield page_figure("linda-mitchell", "/sheet/", f"/sheet/ of {lines} lines")
    line = lengthen_review(owner)
    yield page_figure("demand", "/demand/", f"/demand/ of {LONG_REVIEW} exceptions")
    yield page_figure("demand", f"/demand/?present=1&line={line}", f"one of {LONG_REVIEW} exceptions in the meeting")


def page_figure(username: str, path: str, what: str) -> Figure:
    client = Client(headers={"host": "localhost", "accept-encoding": "gzip"})
    person = Person.objects.get(user__username=username)
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    seconds, size = [], 0
    for _ in range(REPEATS + 1):
        spent, answer = timed(partial(fetch, client, path))
        seconds.append(spent)
        size = int(str(answer))
    return Figure(what, f"{median(seconds[1:]) * 1000:.0f} ms", f"{size / 1024:.0f} KB")


def lengthen_sheet(owner: Person) -> int:
    """Give the person living lines of others until there are enough for a long sheet; how many there are then."""
    cycle = _open()
    frame = living_lines(cycle)
    others = frame[frame["rep_id"] != owner.pk].index[: max(LONG_SHEET - (frame["rep_id"] == owner.pk).sum(), 0)]
    CycleLine.objects.filter(cycle=cycle, line_id__in=others.tolist()).update(owner=owner)
    lines_forget()
    return int((living_lines(cycle)["rep_id"] == owner.pk).sum())


def lengthen_review(owner: Person) -> int:
    """Double many lines with a reason, so that the demand review has many exceptions; one of their lines."""
    cycle = _open()
    frame = living_lines(cycle)
    plan = stage_plan(cycle, Stage.BASELINE, line_ids(frame))
    worth = plan.quantity[:, :12].sum(axis=1) * frame["price"].to_numpy()
    dearest = plan.lines[worth.argsort()[::-1][:LONG_REVIEW]]
    LayerLine.objects.filter(cycle=cycle, stage=Stage.SALES, line_id__in=dearest.tolist()).delete()
    doubled = {"cycle": cycle, "stage": Stage.SALES, "reason": Reason.CUSTOMER_TOLD, "changed_by": owner}
    LayerLine.objects.bulk_create(
        LayerLine(line_id=int(line), quantity=(2 * quantity).tolist(), changed_at=cycle.opened_at, **doubled)
        for line, quantity in zip(plan.lines, plan.quantity, strict=True)
        if line in dearest
    )
    proposal_build(cycle=cycle, at=cycle.opened_at)
    return int(dearest[0])


def fetch(client: Client, path: str) -> int:
    """The size of a good answer, streamed ones read to the end."""
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return len(answer.getvalue() if answer.streaming else answer.content)
