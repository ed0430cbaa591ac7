"""{% preload_modules "js/sheet.js" %}: fetch an ES module and all it imports at once, not one layer after the other."""

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

IMPORTED = re.compile(r"""^import\s[^;]*?["']\./([\w.-]+\.js)["'];""", re.MULTILINE)


@register.simple_tag
@lru_cache
def preload_modules(*names: str) -> SafeString:
    """A link for each module, in the order they are needed first; each once."""
    found = dict.fromkeys(module for name in names for module in modules_of(name))
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(name),) for name in found))


@lru_cache
def modules_of(name: str) -> tuple[str, ...]:
    """A module and, breadth first, what it imports from its own folder and what those import."""
    found = [name]
    for module in found:
        path = finders.find(module)
        text = Path(path).read_text() if path else ""
        beside = (str(PurePosixPath(module).with_name(other)) for other in IMPORTED.findall(text))
        found += [other for other in dict.fromkeys(beside) if other not in found]
    return tuple(found)
