"""Static files under names that change with their content, in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = r"""(?P<matched>import(?s:(?P<names>[\s\{].*?))\s*from\s*["'](?P<url>\./.*?)["']\s*;)"""


class HashedStatic(CompressedManifestStaticFilesStorage):
    """The portal's own ES modules import each other by these names too: none is kept stale, none loaded twice.

    Only its own: modules of installed packages import what is no file of theirs.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, """import%(names)s from "%(url)s";"""),)),
    )
