"""What a measure is in words: its formula, unit, sign and edges, shown in the product beside the number."""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """The six families both departments look at side by side; service stands first on every dashboard."""

    SERVICE = "Service levels"
    TIME = "Time"
    SALES = "Sales"
    QUALITY = "Quality"
    COST = "Cost"
    PROFIT = "Profit"


class Subject(StrEnum):
    """What a measure is about."""

    FORECAST = "forecast"
    SUPPLY = "service, supply, inventory"
    MONEY = "money"
    PROCESS = "process"


class Good(StrEnum):
    """Which direction is better."""

    UP = "up"
    DOWN = "down"
    ZERO = "zero"
    NONE = "none"


@dataclass(frozen=True)
class Measure:
    """One measure; `family` is None for forecast and process measures, which have pages of their own."""

    code: str
    name: str
    subject: Subject
    family: Family | None
    formula: str
    unit: str
    good: Good
    edges: str
    source: str = ""
