"""Static files: under names that change with their content in production, under their own elsewhere."""

from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = r"""(?P<matched>import(?s:(?P<names>[\s\{].*?))\s*from\s*["'](?P<url>\./.*?)["']\s*;)"""


class KeptAddresses:
    """Works out the address of a file once: every page names dozens."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.addresses: dict[str | None, str] = {}

    def url(self, name: str | None, *args: Any, **options: Any) -> str:
        if name not in self.addresses:
            self.addresses[name] = super().url(name, *args, **options)  # type: ignore[misc]
        return self.addresses[name]


class PlainStatic(KeptAddresses, StaticFilesStorage):
    """The files as they are in the project."""


class HashedStatic(KeptAddresses, CompressedManifestStaticFilesStorage):
    """The portal's own ES modules import each other by these names too: none is kept stale, none loaded twice.

    Only its own: modules of installed packages import what is no file of theirs.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, """import%(names)s from "%(url)s";"""),)),
    )
