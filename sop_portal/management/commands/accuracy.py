"""Accuracy of the stages, as a table or JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cycles.periods import parse_month
from jobs.errors import Invalid
from kpis.changed_cells import LEVELS as CHANGED_LEVELS
from kpis.selectors.accuracy import DEFAULT_LAGS, LEVELS, accuracy_ladder
from kpis.selectors.changed import GROUPS, changed, changed_groups, changed_ladder
from kpis.services.snapshots import accuracy_take, cycles_to_measure
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "WAPE, bias and forecast value added (percentage points) of every stage, pooled over lags and cycles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", metavar="YYYY-MM", help="first cycle")
        parser.add_argument("--to", dest="last", metavar="YYYY-MM", help="last cycle")
        parser.add_argument("--lag", dest="lags", type=int, action="append", metavar="N", help="may be repeated")
        parser.add_argument("--level", choices=LEVELS, default="line")
        parser.add_argument("--changed", action="store_true", help="only the cells that people changed")
        parser.add_argument("--by", choices=GROUPS, help="with --changed: a ladder for each of these")
        parser.add_argument("--json", action="store_true")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        first, last = (parse_month(options[name]) if options[name] else None for name in ("first", "last"))
        lags = options["lags"] or DEFAULT_LAGS
        if options["changed"]:
            self._changed(options, {"lags": lags, "first": first, "last": last})
            return
        if options["by"]:
            raise Invalid("--by needs --changed.")
        for cycle in cycles_to_measure():
            accuracy_take(cycle=cycle)
        self._tell(accuracy_ladder(level=options["level"], lags=lags, first=first, last=last), options["json"])

    def _changed(self, options: dict[str, Any], span: dict[str, Any]) -> None:
        level, by = options["level"], options["by"]
        if level not in CHANGED_LEVELS:
            raise Invalid(f"With --changed the level is one of: {', '.join(CHANGED_LEVELS)}.")
        cells = changed(**span)
        if not by:
            self._tell(changed_ladder(cells, level=level), options["json"])
            return
        groups = changed_groups(cells, by, level=level)
        if options["json"]:
            self.stdout.write(json.dumps([{by: group.key} | row for group in groups for row in group.rows]))
            return
        for group in groups:
            self.stdout.write(f"{by}: {group.name}")
            self._tell(group.rows, False)

    def _tell(self, rows: list[dict[str, Any]], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(rows))
            return
        self.stdout.write(f"{'stage':<18}{'WAPE':>9}{'bias':>9}{'FVA':>9}{'n':>10}")
        for row in rows:
            shown = [_share(row["wape"]), _share(row["bias"]), _points(row["fva"])]
            self.stdout.write(f"{row['stage']:<18}" + "".join(f"{text:>9}" for text in shown) + f"{row['n']:>10,}")


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1%}"


def _points(value: float | None) -> str:
    return "n/a" if value is None else f"{value:+.2f}"
