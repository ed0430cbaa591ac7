"""Modules that are fetched at once: every one a page's script imports, directly or through others, and each once."""

import re
from pathlib import Path

from django.conf import settings
from django.template import engines

from sop_portal.templatetags.modules import modules_of

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"


def test_all_that_is_imported_is_named_once() -> None:
    found = modules_of("js/sheet.js")
    assert found[0] == "js/sheet.js"
    assert len(set(found)) == len(found)
    for module in found:
        text = (SCRIPTS / Path(module).name).read_text()
        imported = set(re.findall(r'from "\./([^"]+)"', text)) | set(re.findall(r'^import "\./([^"]+)"', text, re.M))
        assert {f"js/{name}" for name in imported} <= set(found)


def test_the_links_of_two_scripts_share_what_both_import() -> None:
    page = engines["django"].from_string('{% load modules %}{% preload_modules "js/sheet.js" "js/cards.js" %}')
    html = page.render()
    assert html.count('<link rel="modulepreload"') == len({*modules_of("js/sheet.js"), *modules_of("js/cards.js")})
    assert html.count("grid_save.js") == 1


def test_a_module_that_is_not_there_imports_nothing() -> None:
    assert modules_of("js/none.js") == ("js/none.js",)
