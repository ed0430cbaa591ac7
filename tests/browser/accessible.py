"""What axe finds on a page that has come to rest."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: Colours are half-way while something fades in: axe would judge a moment nobody reads.
AT_REST = "() => Promise.allSettled(document.getAnimations().map((one) => one.finished))"


def assert_accessible(page: Page) -> None:
    """Every rule of axe holds once the page is there and its animations have ended.

    A click returns when the next page begins to arrive, before its style sheets.
    """
    page.wait_for_load_state("load")
    page.evaluate(AT_REST)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
