"""Whatever is typed into any form, address or batch, or sent by any program: never an error of ours, and what is
refused changes no row.

A short selection runs each time; `./portal test --attack` sends all of it and prints how it was answered.
"""

import random
from collections.abc import Iterator

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.attack import made_up, programs
from tests.attack.forms import batches, by_everybody, pages, spoiled
from tests.attack.sending import Attack, Attackers, Tally
from tests.everything import routes
from tests.matrix import objects

# Requests of an ordinary run and of a whole one, for each moment of the month.
FORMS = (300, 6_000)
BY_EVERYBODY = (60, 1_500)
BODIES = (80, 1_000)
HEADERS = (80, 1_200)
ADDRESSES = (80, 700)
OPERATIONS = (8, 1_000)  # operations of the interface
EACH_OPERATION = (2, 12)


def made(strategy: st.SearchStrategy[Attack], count: int) -> Iterator[Attack]:
    """So many of them, the same ones in every run."""
    found: list[Attack] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def take(attack: Attack) -> None:
        found.append(attack)

    take()
    return iter(found)


def some(attacks: list[Attack], count: int) -> list[Attack]:
    return random.Random(9).sample(attacks, min(count, len(attacks)))


def test_forms_spoiled_by_whom_they_are_shown(
    attackers: Attackers, seen: list[Attack], tally: Tally, whole: bool, db: None
) -> None:
    tally.send("forms, field by field", attackers, some(spoiled(seen, random.Random(9)), FORMS[whole]))


def test_forms_spoiled_by_everybody_else(
    attackers: Attackers, seen: list[Attack], tally: Tally, whole: bool, db: None
) -> None:
    attacks = by_everybody(attackers, seen, random.Random(9))
    tally.send("forms, by somebody else", attackers, some(attacks, BY_EVERYBODY[whole]))


def test_bodies_of_json(attackers: Attackers, tally: Tally, whole: bool, db: None) -> None:
    grids = [("POST", path, text) for path, text in batches(attackers.house).items()]
    for kind, good, people in (
        ("batches of the grids", grids, attackers.everybody[:6]),
        ("rows over REST", programs.examples(), ["key of api_client", "key of api_client", "key of sop_leader"]),
    ):
        tally.send(kind, attackers, made(made_up.bodies(good, people), BODIES[whole]))


def test_headers(attackers: Attackers, seen: list[Attack], tally: Tally, whole: bool, db: None) -> None:
    grids = [Attack("sales_rep", "POST", path, text) for path, text in batches(attackers.house).items()]
    pushed = [Attack("key of api_client", method, path, text) for method, path, text in programs.examples()]
    lists = [Attack("key of api_client", "GET", path) for path in api_paths(attackers)]
    forms = [attack for attack in seen if attack.method == "POST"]
    shown = [Attack(who, "GET", path) for path in pages(attackers.house) for who in ("sales_rep", "sop_leader")]
    strategy = st.sampled_from([grids, pushed, lists, forms, shown]).flatmap(
        lambda good: made_up.headers(good, attackers.everybody)
    )
    tally.send("odd headers", attackers, made(strategy, HEADERS[whole]))


def api_paths(attackers: Attackers) -> list[str]:
    found = [objects(attackers.house, route).values() for route in routes() if route.name.startswith("api-")]
    return [path for paths in found for path in paths]


def test_addresses(attackers: Attackers, tally: Tally, whole: bool, db: None) -> None:
    paths = [path for route in routes() for path in objects(attackers.house, route).values()]
    pages_of = [path for path in paths if not path.startswith(("/api/", "/logout"))]
    people = attackers.everybody[:10]
    tally.send("odd addresses of pages", attackers, made(made_up.addresses(pages_of, people), ADDRESSES[whole]))
    api, programs_ = api_paths(attackers), ["key of api_client", "key of executive"]
    tally.send("odd addresses of REST", attackers, made(made_up.addresses(api, programs_), ADDRESSES[whole]))


def test_every_operation_by_every_key(attackers: Attackers, tally: Tally, whole: bool, db: None) -> None:
    operations = programs.operations()
    chosen = random.Random(9).sample(operations, min(OPERATIONS[whole], len(operations)))
    for operation in chosen:
        strategy = programs.made_up(operation, attackers.programs)
        tally.send("REST as described and not", attackers, made(strategy, EACH_OPERATION[whole]))
