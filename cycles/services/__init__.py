"""Writes to cycles: the only place where a step, a milestone or an answer changes."""

from cycles.services.answers import (
    barrier_tell,
    contribution_answer,
    contribution_nudge,
    contribution_withdraw,
    contributions_expect,
    contributions_record,
    contributions_release,
)
from cycles.services.calendar import day_off_remove, days_off_add, site_save
from cycles.services.cycles import StepTimes, cycle_end, cycle_open
from cycles.services.locks import cycle_lock_exclusive, cycle_lock_shared, cycle_locked_rows
from cycles.services.milestones import milestone_reach, milestone_withdraw
from cycles.services.steps import cycle_advance, step_close, step_move, step_reopen

__all__ = [
    "StepTimes",
    "barrier_tell",
    "contribution_answer",
    "contribution_nudge",
    "contribution_withdraw",
    "contributions_expect",
    "contributions_record",
    "contributions_release",
    "cycle_advance",
    "cycle_end",
    "cycle_lock_exclusive",
    "cycle_lock_shared",
    "cycle_locked_rows",
    "cycle_open",
    "day_off_remove",
    "days_off_add",
    "milestone_reach",
    "milestone_withdraw",
    "site_save",
    "step_close",
    "step_move",
    "step_reopen",
]
