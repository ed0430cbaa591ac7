"""The colours keep their promises: contrast in both themes, and good and bad told apart by everybody.

Ratios follow WCAG 2.2 (relative luminance). Colour-blind sight is simulated with the matrices of
Machado, Oliveira and Fernandes 2009 (severity 1, applied to linear RGB); distance is CIE 1976 Lab.
"""

import re
from pathlib import Path

import numpy as np
import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
THEMES = ("light", "dark")
PAIR = re.compile(r"--([\w-]+):\s*light-dark\(\s*(#[0-9A-Fa-f]{6})\s*,\s*(#[0-9A-Fa-f]{6})\s*\)")
SIGHT = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
TEXTS = ("text", "text-2", "muted", "accent", "good", "bad", "warn")


def tokens(theme, block=":root {"):
    text = (CSS / "tokens.css").read_text()
    body = text[text.index(block) :]
    pairs = PAIR.findall(body[: body.index("}")])
    return {name: (light if theme == "light" else dark) for name, light, dark in pairs}


def linear(colour):
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    light, dark = sorted((float(XYZ[1] @ linear(c)) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(colour, sight=None):
    seen = linear(colour) if sight is None else np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1)
    ratio = XYZ @ seen / (XYZ @ np.ones(3))
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, sight):
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


def test_contrast_knows_black_and_white():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21, abs=0.01)
    assert contrast("#16202B", "#FFFFFF") == pytest.approx(16.5, abs=0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", TEXTS)
def test_text_on_panels(theme, name):
    colours = tokens(theme)
    assert contrast(colours[name], colours["bg"]) >= 5.0


SURFACES = [
    *((name, surface) for name in ("text", "text-2", "muted") for surface in ("canvas", "sunken", "hover")),
    *((name, surface) for name in ("accent", "good", "bad") for surface in ("canvas", "hover")),
    ("accent", "sunken"),
    ("warn", "warn-bg"),
    ("warn", "canvas"),
    ("warn", "hover"),
    ("text", "warn-bg"),
    ("text", "changed"),
    ("text-2", "changed"),
    ("accent", "changed"),
    ("text", "selected"),
    ("text-2", "selected"),
    ("muted", "selected"),
    ("accent", "selected"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("text", "band"),
    ("bg", "ac"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("name", "surface"), SURFACES)
def test_text_on_every_other_surface_used(theme, name, surface):
    colours = tokens(theme)
    assert contrast(colours[name], colours[surface]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["ac", "py", "good", "bad", "control", "accent", "warn", "muted"])
@pytest.mark.parametrize("surface", ["bg", "canvas"])
def test_graphics_and_controls(theme, name, surface):
    colours = tokens(theme)
    assert contrast(colours[name], colours[surface]) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("sight", "floor"), [("protan", 75), ("deutan", 90), ("tritan", 95)])
def test_good_and_bad_are_told_apart_by_everybody(theme, sight, floor):
    colours = tokens(theme)
    assert distance(colours["good"], colours["bad"], sight) >= floor


# colours that stand side by side in a chart and are told apart by colour alone, all solid
SIDE_BY_SIDE = [("ac", "py"), ("ac", "good"), ("ac", "bad"), ("py", "bg"), ("ac", "bg"), ("good", "bg"), ("bad", "bg")]
SIDE_BY_SIDE += [("bad", "py"), ("band", "ac"), ("warn", "good"), ("warn", "ac")]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", [None, *SIGHT])
@pytest.mark.parametrize("pair", SIDE_BY_SIDE, ids="-".join)
def test_series_are_told_apart_by_everybody(theme, sight, pair):
    """20 in Lab is about ten just noticeable differences: seen at a glance, also by a dichromat."""
    one, other = (tokens(theme)[name] for name in pair)
    assert distance(one, other, sight) >= 20


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("pair", [("ac", "py"), ("ac", "bg"), ("py", "bg")], ids="-".join)
def test_the_notation_survives_without_any_colour(theme, pair):
    """Printed in grey, or seen by an achromat: lightness alone keeps actual, last year and paper apart."""
    one, other = (lab(tokens(theme)[name])[0] for name in pair)
    assert abs(one - other) >= 20


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["good", "bad"])
def test_the_classic_pair_is_readable_too(theme, name):
    classic = tokens(theme, ':root[data-variance="classic"] {')
    assert contrast(classic[name], tokens(theme)["bg"]) >= 5.0


def test_only_the_tokens_name_colours():
    for path in CSS.glob("*.css"):
        if path.name not in ("tokens.css", "print.css"):
            named = re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\(|hsla?\(", path.read_text())
            assert not named, f"{path.name} names {named}"


def test_every_token_used_is_defined():
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(p.read_text() for p in CSS.glob("*.css"))))
    for path in CSS.glob("*.css"):
        assert set(re.findall(r"var\((--[\w-]+)\)", path.read_text())) <= defined, path.name
