"""The portal's settings with less patience for a mail server that hangs, for the short selection."""

from sop_portal.settings import *  # noqa: F403

EMAIL_TIMEOUT = 2
