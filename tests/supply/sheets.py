"""The family sheet as it is read on screen, put together from its rows."""

from typing import Any


def block_rows(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per block its name, what stood before, and actual months followed by the new plan's."""
    rows = []
    for block in blocks:
        by_name = {row["name"]: row["cells"] for row in block["rows"]}
        pairs = zip(by_name["Actual"], by_name["New plan"], strict=True)
        cells = [actual if actual["closed"] else plan for actual, plan in pairs]
        rows.append({"name": block["name"], "opening": block["opening"], "cells": cells})
    return rows
