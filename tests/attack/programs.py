"""What the description of the REST interface allows and forbids, made up for each operation by its own schema."""

import json
from typing import Any
from urllib.parse import urlencode

import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

from tests.attack.sending import Attack


def description() -> dict[str, Any]:
    made = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(json.dumps(made))


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(description())
    return [result.ok() for result in schema.get_all_operations()]


def examples() -> list[tuple[str, str, str]]:
    """Every documented body: method, path, text."""
    found = []
    for path, item in description()["paths"].items():
        for method in ("post", "put"):
            media = item.get(method, {}).get("requestBody", {}).get("content", {}).get("application/json", {})
            texts = [json.dumps(example["value"]) for example in media.get("examples", {}).values()]
            found += [(method.upper(), path.replace("{code}", "MADE"), text) for text in texts]
    return found


def made_up(operation: Any, people: list[str]) -> st.SearchStrategy[Attack]:
    """Requests of one operation, as described and not as described, by any of them."""
    cases = st.one_of(operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    return st.builds(_attack, cases, st.sampled_from(people))


def _attack(case: Any, who: str) -> Attack:
    given = case.as_transport_kwargs(base_url="http://testserver")
    path = given["url"].removeprefix("http://testserver")
    query = urlencode(given.get("params") or {}, doseq=True, errors="surrogatepass")
    headers = {name: str(value) for name, value in (case.headers or {}).items()}
    if case.media_type:
        headers["Content-Type"] = case.media_type
    return Attack(who, case.method, f"{path}?{query}" if query else path, _body(case, given), headers)


def _body(case: Any, given: dict[str, Any]) -> str | bytes | tuple[()]:
    if case.body is NOT_SET:
        return ()
    if given.get("data") is not None:
        return given["data"]
    return json.dumps(given.get("json", case.body))
