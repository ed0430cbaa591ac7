"""The facts of a run of months taken apart by family and by region, for the same measures as the whole company's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from kpis.selectors.month_facts import Facts
from masterdata.models import Customer, Product

FAMILY: Final = "family"
REGION: Final = "region"
# product.md P10: margin below the company, a group or a family is not for everybody
PRIVATE_BY_REGION: Final = frozenset({"cost_of_sales", "margin", "margin_share"})


@dataclass(frozen=True)
class Part:
    """One family or region by its code, with its facts and the measures that are not told of it."""

    level: str
    key: str
    facts: Facts
    untold: frozenset[str] = frozenset()


def parts_of(facts: Facts) -> Iterator[Part]:
    """Every family and region that has facts. Resources and budget are the company's and stay out."""
    common = replace(facts, budget={}, expected={}, hours={}, regular={})
    family_of = dict(Product.objects.values_list("pk", "family__code"))
    by_family = {
        name: _by(getattr(common, name)["product"].map(family_of), getattr(common, name))
        for name in ("orders", "deliveries", "sold", "shipped", "kept", "stock")
    } | {"quality": _by(common.quality["family"], common.quality)}
    for code in _codes(by_family):
        yield Part(FAMILY, code, replace(common, **_frames(by_family, code, common)))
    yield from _regions(common)


def _regions(common: Facts) -> Iterator[Part]:
    region_of = dict(Customer.objects.exclude(region=None).values_list("pk", "region__code"))
    by_region = {
        name: _by(getattr(common, name)["customer"].map(region_of), getattr(common, name))
        for name in ("orders", "deliveries")
    } | {"sold": _by(common.sold["region"], common.sold)}
    nothing = {name: getattr(common, name).iloc[:0] for name in ("shipped", "kept", "stock", "quality")}
    for code in _codes(by_region):
        yield Part(REGION, code, replace(common, **nothing | _frames(by_region, code, common)), PRIVATE_BY_REGION)


def _by(codes: pd.Series, frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(code): rows for code, rows in frame.groupby(codes, sort=False)}


def _codes(frames: Mapping[str, Mapping[str, pd.DataFrame]]) -> list[str]:
    return sorted({code for by_code in frames.values() for code in by_code})


def _frames(by: Mapping[str, Mapping[str, pd.DataFrame]], code: str, whole: Facts) -> dict[str, pd.DataFrame]:
    return {name: frames[code] if code in frames else getattr(whole, name).iloc[:0] for name, frames in by.items()}
