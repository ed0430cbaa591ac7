"""Keys of programs: made once, stored as a hash, found by their prefix."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jobs.errors import Invalid
from jobs.selectors.rows import first_row
from masterdata.models import ApiKey, Person

SCOPES = (
    "forecast:read",
    "cycles:read",
    "meetings:read",
    "kpis:read",
    "data:read",
    "data:write",
    "masterdata:write",
)
PREFIX_LENGTH = 12


@transaction.atomic
def key_create(
    *, person: Person, scopes: Sequence[str], at: datetime, name: str = "", days: int = 365
) -> tuple[ApiKey, str]:
    """Make a key; the second value is the secret, which is shown once and stored nowhere."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise Invalid(f"Unknown scope {unknown[0]!r}." if unknown else "A key needs at least one scope.")
    if days < 1:
        raise Invalid("A key must be valid for at least one day.")
    secret = f"sop_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        person=person,
        name=(name or ", ".join(scopes))[:80],
        prefix=secret[:PREFIX_LENGTH],
        secret_hash=_hash(secret),
        scopes=list(scopes),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    return key, secret


def key_find(*, secret: str, at: datetime) -> ApiKey | None:
    """The valid key with this secret; None when it is wrong, expired, revoked, or its person may not sign in."""
    if not secret.isprintable():  # the database takes no NUL
        return None
    key = (
        ApiKey.objects.select_related("person__user")
        .filter(prefix=secret[:PREFIX_LENGTH], expires_at__gt=at, revoked_at=None, person__user__is_active=True)
        .first()
    )
    return key if key is not None and hmac.compare_digest(key.secret_hash, _hash(secret)) else None


# Subqueries instead of joins: it is planned each time it comes. What is counted in a minute need not be on the disk
# before the answer: a crash may forget the last half second.
USABLE = """
INSERT INTO masterdata_apikeyuse AS used (key_id, minute, count)
SELECT k.id, %(minute)s, 1 FROM masterdata_apikey k
WHERE k.prefix = %(prefix)s AND k.secret_hash = %(hash)s AND k.scopes ? %(scope)s
  AND k.expires_at > %(at)s AND k.revoked_at IS NULL AND k.last_used_at > %(at)s - interval '5 minutes'
  AND (SELECT is_active FROM auth_user
       WHERE id = (SELECT user_id FROM masterdata_person WHERE id = k.person_id))
"""
COUNTED = """
ON CONFLICT (key_id) DO UPDATE SET
    count = CASE WHEN used.minute = excluded.minute THEN used.count + 1 ELSE 1 END,
    minute = excluded.minute
RETURNING count, set_config('synchronous_commit', 'off', true)
"""


def key_use(*, secret: str, scope: str, at: datetime, provided: str, facts: Mapping[str, Any]) -> int | None:
    """Find a valid key with this scope and count its use where a condition of SQL holds (`provided`, with the facts it
    names); how often the key was used in this minute. One statement, the first of a request.

    None, and nothing counted, for anything else, and for a key whose last use must be noted anew: see `key_find`.
    """
    if not secret.isprintable():
        return None
    minute = at.replace(second=0, microsecond=0)
    own = {"prefix": secret[:PREFIX_LENGTH], "hash": _hash(secret), "scope": scope, "at": at, "minute": minute}
    row = first_row(f"{USABLE} AND {provided} {COUNTED}", {**facts, **own})
    return None if row is None else int(row[0])


def key_used(*, key: ApiKey, at: datetime) -> None:
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)


def key_revoke(*, key: ApiKey, at: datetime) -> None:
    """A revoked key never works again; the record stays."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


COUNT = f"INSERT INTO masterdata_apikeyuse AS used (key_id, minute, count) VALUES (%s, %s, 1) {COUNTED}"


def key_count(*, key: ApiKey, at: datetime) -> int:
    """Count one use of the key; how often it has been used in this minute, by whichever process."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [key.pk, at.replace(second=0, microsecond=0)])
        return int(cursor.fetchone()[0])
