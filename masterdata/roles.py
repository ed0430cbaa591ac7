"""The roles people have in the cycle."""

from django.db import models


class Role(models.TextChoices):
    SALES_REP = "sales_rep", "Sales rep"
    SALES_MANAGER = "sales_manager", "Sales manager"
    MARKETING = "marketing", "Marketing"
    DEMAND_PLANNER = "demand_planner", "Demand planner"
    SUPPLY_PLANNER = "supply_planner", "Supply planner"
    FINANCE = "finance", "Finance"
    SOP_LEADER = "sop_leader", "S&OP leader"
    EXECUTIVE = "executive", "Executive"
    API_CLIENT = "api_client", "API client"
    ADMIN = "admin", "Administrator"


SALES_ROLES = frozenset({Role.SALES_REP, Role.SALES_MANAGER})
PLANNER_ROLES = frozenset({Role.DEMAND_PLANNER, Role.SUPPLY_PLANNER})
# product.md P10: unit cost, and margin below family level
COST_ROLES = frozenset({Role.FINANCE, Role.EXECUTIVE, Role.SOP_LEADER}) | PLANNER_ROLES
SET_UP_ROLES = frozenset({Role.SOP_LEADER, Role.ADMIN})
IMPORT_ROLES = SET_UP_ROLES | PLANNER_ROLES | {Role.FINANCE}
