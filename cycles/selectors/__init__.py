"""Reads of cycles, steps, milestones and answers."""

from cycles.selectors.calendar import company_holidays, holidays_by_place, sites
from cycles.selectors.cycles import (
    OPEN,
    closed_steps,
    current_cycle,
    cycle_of,
    latest_published,
    milestones_reached,
    open_cycle,
    step_of,
)
from cycles.selectors.participation import asked_twice, contributions, participation

__all__ = [
    "OPEN",
    "asked_twice",
    "closed_steps",
    "company_holidays",
    "contributions",
    "current_cycle",
    "cycle_of",
    "holidays_by_place",
    "latest_published",
    "milestones_reached",
    "open_cycle",
    "participation",
    "sites",
    "step_of",
]
