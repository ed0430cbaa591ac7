"""Bias by month around zero, with the band in which it counts as none."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing, largest, month_labels, months_of, series, year_labels
from sop_portal.number_format import month, signed, signed_percent

LEFT, LABEL, LINE = 36.0, 16.0, 12.0


def bias_columns(
    *,
    months: Sequence[date],
    bias: Sequence[Any],
    band: float = 0.05,
    width: float = 420,
    height: float = 110,
    uid: str = "c",
    title: str = "Forecast bias by month",
    desc: str = "",
) -> Drawing:
    """Columns of bias (ratio, + = over-forecast) with a shaded band of ±`band`; outside it adverse.

    Both directions are adverse, so the colour says only "outside", the side says which.
    """
    if not 0 <= band < 10:
        raise ValueError(f"band must be a ratio such as 0.05, not {band!r}")
    at = months_of(months)
    shown = series("bias", bias, len(at))
    slot, top = (width - LEFT) / len(at), max(largest(shown), band * 2) or 1.0
    scale, zero = height / 2 / top, LABEL + height / 2
    paper = Picture(uid=uid, width=width, height=height + LABEL * 2 + 30, title=title, desc=desc)
    paper.rect("band", LEFT, zero - band * scale, width - LEFT, 2 * band * scale)
    if band * scale * 2 >= LINE:
        paper.text("faint", 0, zero - band * scale + 4, signed_percent(band))
        paper.text("faint", 0, zero + band * scale + 4, signed_percent(-band))
    elif band:
        paper.text("faint", 0, zero + 4, signed_percent(band).replace("+", "±"))
    wide = min(24.0, slot * 0.6)
    fits = max((text_width(signed(v * 100)) for v in shown if v is not None), default=0) <= slot
    for i, value in enumerate(shown):
        if value is None:
            continue
        outside = abs(value) > band
        size, x = abs(value) * scale, LEFT + (i + 0.5) * slot
        paper.rect("bad" if outside else "ac", x - wide / 2, zero - size if value > 0 else zero, wide, size)
        if fits or outside:
            y = zero - size - 5 if value >= 0 else zero + size + 13
            paper.text("mid t-bad" if outside else "mid", x, y, signed(value * 100))
    paper.line("axis", [(LEFT - 4, zero), (width, zero)])
    for i, (name, year) in enumerate(zip(month_labels(at, slot), year_labels(at, slot), strict=True)):
        paper.text("mid", LEFT + (i + 0.5) * slot, paper.height - 17, name)
        paper.text("mid faint", LEFT + (i + 0.5) * slot, paper.height - 4, year)
    rows = [[month(m), signed_percent(v, 1)] for m, v in zip(at, shown, strict=True)]
    return Drawing(paper.svg(), ("in-band", "out-of-band"), ("Month", "Bias"), rows)
