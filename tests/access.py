"""Who may read and write at which address: what is not named here is read by everybody signed in, written by nobody.

An address that takes a form and is not in `WRITES` fails `tests/sop_portal/test_access.py`.
"""

from collections.abc import Mapping

from masterdata.roles import COST_ROLES, IMPORT_ROLES, PLANNER_ROLES, SALES_ROLES, SET_UP_ROLES, Role

Roles = frozenset[Role]
EVERYBODY: Roles = frozenset(Role)
LEADER: Roles = frozenset({Role.SOP_LEADER})
MANAGER: Roles = frozenset({Role.SALES_MANAGER})
PLANNER: Roles = frozenset({Role.DEMAND_PLANNER})
SUPPLY: Roles = frozenset({Role.SUPPLY_PLANNER})
MARKETING: Roles = frozenset({Role.MARKETING})
FINANCE: Roles = frozenset({Role.FINANCE})
EXECUTIVES: Roles = frozenset({Role.EXECUTIVE})
NOBODY: Roles = frozenset()

# Read without signing in.
OPEN = {
    *("login", "welcome", "logout", "health-live", "health-ready", "api-schema", "api-docs", "meetings:calendar-feed"),
    *("company-sign-in", "company-sign-in-back"),
}
READS: Mapping[str, Roles] = {
    **dict.fromkeys(("set-up", "people", "person", "webhooks", "pulls"), SET_UP_ROLES),
    "supply:scenario-new": SUPPLY,
    "meetings:reminders-look": LEADER,
    "meetings:decision-new": MANAGER | MARKETING | FINANCE | LEADER | PLANNER_ROLES | EXECUTIVES,
    **dict.fromkeys(("data", "upload", "upload-errors", "upload-marked", "file-template", "import-run"), IMPORT_ROLES),
}
# Addresses that answer a form like a question: nothing is written there by anybody.
NEVER = {
    *("health-live", "health-ready", "login", "welcome", "logout", "jobs", "job"),
    *("api-company-forecast", "api-cycles", "api-cycle"),
}
WRITES: Mapping[str, Roles] = {
    # the roof
    **dict.fromkeys(("barrier", "mails", "mail-hours", "calendar-renew"), EVERYBODY),
    # one's own, of one's people, or of anybody
    **dict.fromkeys(("away", "away-end"), EVERYBODY),
    **dict.fromkeys(("set-up-company", "set-up-invite", "set-up-baseline", "set-up-remove"), SET_UP_ROLES),
    "set-up-cycle": SET_UP_ROLES,
    **dict.fromkeys(("person", "hand-over", "key-make", "key-revoke"), SET_UP_ROLES),
    **dict.fromkeys(("webhooks", "webhook-stop", "delivery-again"), SET_UP_ROLES),
    **dict.fromkeys(("pulls", "pull-now", "pull-stop"), SET_UP_ROLES),
    **dict.fromkeys(("upload-send", "upload-load", "upload-layout", "import-undo", "job-retry"), IMPORT_ROLES),
    # demand
    **dict.fromkeys(("demand:sheet-save", "demand:sheet-parts", "demand:sheet-lock"), SALES_ROLES),
    **dict.fromkeys(("demand:sheet-file", "demand:sheet-file-save", "demand:sheet-submit"), SALES_ROLES),
    **dict.fromkeys(("demand:sheet-withdraw", "demand:new-line", "demand:call"), SALES_ROLES),
    "demand:goal-answer": SALES_ROLES,
    **dict.fromkeys(("demand:team-accept", "demand:team-adjust", "demand:team-undo"), MANAGER),
    **dict.fromkeys(("demand:goal-propose", "demand:goal-withdraw"), MANAGER),
    "demand:team-nudge": MANAGER | LEADER,
    # words on a line, which everybody may leave
    **dict.fromkeys(("demand:note", "demand:answer", "demand:tell-operations"), EVERYBODY),
    "demand:ask": MANAGER | PLANNER | EXECUTIVES,
    **dict.fromkeys(("demand:stock-out", "demand:review-save", "demand:review-lines-lock"), PLANNER),
    **dict.fromkeys(("demand:review-lock", "demand:take", "demand:type", "demand:bulk", "demand:undo"), PLANNER),
    "demand:rule-choose": PLANNER,
    **dict.fromkeys(("demand:assume", "demand:assumption"), PLANNER | MANAGER | MARKETING | LEADER),
    "demand:sign": MANAGER,
    **dict.fromkeys(("demand:event-add", "demand:events-copy", "demand:event-cancel"), MARKETING),
    **dict.fromkeys(("demand:budget", "demand:price", "demand:rate"), FINANCE),
    # supply
    **dict.fromkeys(("supply:build", "supply:recommended", "supply:gap-choose", "supply:gap-clear"), SUPPLY),
    **dict.fromkeys(("supply:gap-escalate", "supply:scenario-new", "supply:scenario-release"), SUPPLY),
    **dict.fromkeys(("supply:scenario-again", "supply:scenario-remove", "supply:scenario-choose"), SUPPLY),
    **dict.fromkeys(("supply:inputs-save", "supply:capacity"), SUPPLY),
    **dict.fromkeys(("supply:sign", "supply:return"), EXECUTIVES),
    # meetings
    **dict.fromkeys(("meetings:cycle-open", "meetings:nudge", "meetings:nudge-look"), LEADER),
    **dict.fromkeys(("meetings:barrier-remedy", "meetings:working-days-change", "meetings:step-change"), LEADER),
    **dict.fromkeys(("meetings:freeze", "meetings:start", "meetings:attendance", "meetings:finish"), LEADER),
    **dict.fromkeys(("meetings:cancel", "meetings:note", "meetings:preview"), LEADER),
    **dict.fromkeys(("meetings:room-action", "meetings:room-risk"), EVERYBODY),
    **dict.fromkeys(("meetings:confirm",), FINANCE),
    **dict.fromkeys(("meetings:approve", "meetings:return", "meetings:decide", "meetings:defer"), EXECUTIVES),
    **dict.fromkeys(("meetings:decision-confirm", "meetings:escalate"), EXECUTIVES | LEADER),
    "meetings:plan-return": EXECUTIVES | MANAGER,
    "meetings:decision-new": MANAGER | MARKETING | FINANCE | LEADER | PLANNER_ROLES | EXECUTIVES,
    **dict.fromkeys(("meetings:action-add", "meetings:action-close", "meetings:action-comment"), EVERYBODY),
    **dict.fromkeys(("meetings:risk-add", "meetings:risk-review", "meetings:risk-settle"), EVERYBODY),
    **dict.fromkeys(("meetings:corrections", "meetings:paper-pdf"), EVERYBODY),
    # kpis
    "kpis:measure-target": COST_ROLES,
}
