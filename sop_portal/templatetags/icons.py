"""{% icon "lock" %}: one symbol of static/icons.svg, decoration unless it is given words."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, words: str = "", css: str = "") -> SafeString:
    """`words` are read aloud in the symbol's place; `css` adds classes such as "warn"."""
    role = format_html('role="img" aria-label="{}"', words) if words else SafeString('aria-hidden="true"')
    classes = f"icon {css}".strip()
    return format_html('<svg class="{}" {}><use href="{}#{}"></use></svg>', classes, role, static("icons.svg"), name)
