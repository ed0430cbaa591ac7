"""A frozen pack as a paper: the year, the questions, the months, the families, the way of the number, the register."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from meetings.papers import Chart, Column, Kind, Paper, Table, cell_text, day_text
from supply.wording import count_text, money_text, percent_text, signed_money_text

Pack = Mapping[str, Any]
# The stage is called by its owner elsewhere; on paper everybody reads it.
STAGES = {"sales": "Sales number"}
SIGNS = {"risk": -1.0, "opportunity": 1.0}


def pack_paper(pack: Pack, *, footer: str, size: str) -> Paper:
    """The whole pack as it was frozen; nothing is computed anew but differences of numbers that stand beside it."""
    currency = pack["currency"]
    tables = [_year(pack, currency), *(_decision(row, currency) for row in pack["decisions"])]
    tables += [_months(pack, currency), _families(pack, currency), _stages(pack, currency)]
    if pack["risks"]:
        tables.append(_risks(pack, currency))
    return Paper(
        name=f"pack-{pack['cycle']}-{pack['number']}",
        title=f"Executive S&OP, cycle {pack['cycle']}, pack {pack['number']}",
        message=pack["message"],
        footer=footer,
        facts=tuple(_facts(pack, currency)),
        tables=tuple(tables),
        size=size,
    )


def _facts(pack: Pack, currency: str) -> list[str]:
    """What a reader knows before the first table: the plan, what changed, who took part, what is asked."""
    final = pack["stages"][-1]
    facts = [f"The next twelve months: {count_text(final['units'])}, {money_text(final['revenue'], currency)}."]
    last = pack["last_cycle"]
    if last:
        change = signed_money_text(last["revenue"], currency)
        simulated = " (simulated)" if last["simulated"] else ""
        facts.append(f"Against the forecast of {last['cycle']}{simulated}: {change} over {last['months']} months.")
    part = pack["participation"]
    if part["expected"]:
        share = f", {percent_text(part['value_share'])} of the value" if part["value_share"] is not None else ""
        facts.append(f"{part['answered']} of {part['expected']} answered in sales entry{share}.")
    waiting = [row for row in pack["decisions"] if row["state"] != "decided"]
    return facts + [f"To decide: {row['code']} {row['question']}" for row in waiting]


def _year(pack: Pack, currency: str) -> Table:
    year = pack["year"]
    total, budget = year["booked"] + year["forecast"], year["budget"]
    rows = [("Booked so far", year["booked"]), ("Forecast for the rest", year["forecast"]), ("Year expected", total)]
    rows += [("Budget", budget), ("Gap to budget", total - budget)] if budget is not None else []
    columns = (Column(f"Fiscal year {year['year']}"), Column(f"Revenue, {currency}", Kind.MONEY))
    return Table("Year", "The year against budget", columns, tuple(rows))


def _months(pack: Pack, currency: str) -> Table:
    months = pack["months"]
    rows = tuple((m["month"], m["revenue"], m["budget"], *_against(m["revenue"], m["budget"])) for m in months)
    columns = (
        Column("Month", Kind.MONTH),
        Column(f"Forecast, {currency}", Kind.MONEY),
        Column(f"Budget, {currency}", Kind.MONEY),
        Column("ΔBU", Kind.MONEY),
        Column("ΔBU%", Kind.SHARE),
    )
    chart = Chart(
        f"Revenue by month, {currency}: forecast and budget",
        tuple(cell_text(Kind.MONTH, m["month"]) for m in months),
        (("Forecast", tuple(m["revenue"] for m in months)), ("Budget", tuple(m["budget"] for m in months))),
        budget="Budget",
    )
    return Table("Months", "Revenue by month", columns, rows, chart=chart)


def _against(value: float, budget: float | None) -> tuple[float | None, float | None]:
    if budget is None:
        return None, None
    return value - budget, (value - budget) / budget if budget else None


def _families(pack: Pack, currency: str) -> Table:
    rows = pack["families"]
    names = ("name", "demand", "committed", "forecast", "open", "revenue", "margin")
    columns = (
        Column("Family"),
        Column("Demand, units", Kind.COUNT),
        Column("Committed, units", Kind.COUNT),
        Column("Forecast, units", Kind.COUNT),
        Column("Stays open, units", Kind.COUNT),
        Column(f"Revenue, {currency}", Kind.MONEY),
        Column(f"Margin, {currency}", Kind.MONEY),
    )
    chart = Chart(
        "Units by family: what is asked and what is forecast",
        tuple(row["name"] for row in rows),
        (
            ("Demand", tuple(row["demand"] for row in rows)),
            ("Forecast", tuple(row["forecast"] for row in rows)),
        ),
        budget="Demand",
    )
    table = tuple(tuple(row[name] for name in names) for row in rows)
    return Table("Families", "Families, next twelve months", columns, table, chart=chart)


def _stages(pack: Pack, currency: str) -> Table:
    columns = (
        Column("Stage"),
        Column("Units", Kind.COUNT),
        Column(f"Revenue, {currency}", Kind.MONEY),
        Column(f"Margin, {currency}", Kind.MONEY),
    )
    rows = tuple(
        (STAGES.get(row["stage"], row["label"]), row["units"], row["revenue"], row["margin"]) for row in pack["stages"]
    )
    return Table("Stages", "How the number came about, next twelve months", columns, rows)


# the effects of an option in the order of its columns; those that no option has are left out
EFFECTS: Final = (
    ("units", "Units", Kind.COUNT),
    ("revenue", "Revenue", Kind.MONEY),
    ("margin", "Margin", Kind.MONEY),
    ("cost", "Extra cost", Kind.MONEY),
    ("capacity_hours", "Hours", Kind.COUNT),
    ("inventory", "Stock", Kind.MONEY),
    ("cash", "Cash", Kind.MONEY),
    ("service", "Service", Kind.SHARE),
)


def _decision(row: Mapping[str, Any], currency: str) -> Table:
    shown = [one for one in EFFECTS if any(option.get(one[0]) is not None for option in row["options"])]
    effects = [Column(f"{label}, {currency}" if kind is Kind.MONEY else label, kind) for _, label, kind in shown]
    options = tuple(
        (f"{o['key'].upper()}. {o['label']}", *(o.get(name) for name, _, _ in shown), _mark(row, o["key"]))
        for o in row["options"]
    )
    by = day_text(date.fromisoformat(row["decide_by"]))
    note = f"{row['decider']} decides, by {by}."
    columns = (Column("Option"), *effects, Column(""))
    return Table(f"Decision {row['code']}", f"{row['code']} {row['question']}", columns, options, note)


def _mark(row: Mapping[str, Any], key: str) -> str:
    if row["state"] == "decided":
        return "chosen" if key == row["chosen"] else ""
    return "recommended" if key == row["recommendation"] else ""


def _risks(pack: Pack, currency: str) -> Table:
    columns = (
        Column("Kind"),
        Column("What"),
        Column("Month", Kind.MONTH),
        Column(f"Value, {currency}", Kind.MONEY),
        Column("Probability", Kind.SHARE),
        Column(f"Expected, {currency}", Kind.MONEY),
        Column("Owner"),
    )
    rows = tuple(
        (
            r["kind"].capitalize(),
            r["text"],
            r["month"],
            SIGNS[r["kind"]] * r["value"],
            r["probability"],
            SIGNS[r["kind"]] * r["value"] * r["probability"],
            r["owner"],
        )
        for r in pack["risks"]
    )
    note = f"The whole register weighs {signed_money_text(pack['risks_weighted'], currency)}."
    return Table("Risks", "Risks and opportunities", columns, rows, note)
