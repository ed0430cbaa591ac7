"""How high or low the team around a person forecasts, without names."""

from collections.abc import Sequence
from datetime import date

from cycles.models import Cycle
from demand.selectors.cases import calibration_cases
from kpis.measures.measured import pooled
from kpis.selectors.own_cases import LAGS
from kpis.team_band import FEWEST_PEOPLE, Band, team_band
from kpis.track_record import monthly_bias
from masterdata.models import Person
from masterdata.roles import SALES_ROLES
from masterdata.selectors import people


def team_of(owner: Person) -> list[int]:
    """Everybody in Sales who reports to the same manager, the person included; empty where they are under five."""
    if owner.reports_to_id is None:
        return []
    team = people().filter(reports_to=owner.reports_to_id, role__in=SALES_ROLES, user__is_active=True)
    found = list(team.values_list("pk", flat=True))
    return found if len(found) >= FEWEST_PEOPLE else []


def bias_of_team(team: Sequence[int], months: Sequence[date], until: date) -> Band | None:
    """The band of the biases of these people (ids) over some months before `until`."""
    cases = calibration_cases(Cycle(month=until, horizon=24))
    cases = cases[cases["lag"].isin(LAGS) & cases["rep"].isin(list(team))]
    parts = [part for _, part in cases.groupby("rep")]
    return team_band([pooled(monthly_bias(months, part["month"], part["after"], part["actual"])) for part in parts])
