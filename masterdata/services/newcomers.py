"""People of a file: a user who can be given a password, a person with a place, a group for the role."""

import pandas as pd
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection

from masterdata.roles import Role
from masterdata.services.storing import Counts, Record, Rows, rows_store

PERSON_COLUMNS = ["id", "user_id", "role", "department", "reports_to_id", "timezone", "country"]
LEAVE_GROUPS = """
DELETE FROM auth_user_groups m USING auth_group g, masterdata_person p
WHERE g.id = m.group_id AND p.user_id = m.user_id AND g.name = ANY(%s) AND g.name <> p.role
"""
JOIN_GROUPS = """
INSERT INTO auth_user_groups (user_id, group_id)
SELECT p.user_id, g.id FROM masterdata_person p JOIN auth_group g ON g.name = p.role
ON CONFLICT DO NOTHING
"""


def people_store(*, people: pd.DataFrame, record: Record) -> Counts:
    """Users, persons and groups of the rows; a row counts as changed when its user or its person did.

    `people` has username, name, email and the database columns of a person but for its user.
    """
    users = _users_store(people, record)
    people = people.assign(user_id=people["username"].map(_user_ids()).astype("Int64"))
    persons = rows_store(
        rows=Rows("masterdata_person", people[PERSON_COLUMNS], people["username"], ["user_id"]), record=record
    )
    groups_sync()
    changed = users.changed_keys | persons.changed_keys
    return Counts(rows=len(people), new=persons.new, changed=len(changed), changed_keys=changed)


def _users_store(people: pd.DataFrame, record: Record) -> Counts:
    users = people[["username", "email"]].assign(first_name=people["name"])
    constants = {
        "password": make_password(None),
        "last_name": "",
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
        "date_joined": record.at,
    }
    return rows_store(rows=Rows("auth_user", users, people["username"], ["username"], constants), record=record)


def _user_ids() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT username, id FROM auth_user")
        return dict(cursor.fetchall())


def groups_sync() -> None:
    """One Django group per role, and everybody in the group of their role."""
    Group.objects.bulk_create([Group(name=role) for role in Role.values], ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(LEAVE_GROUPS, [list(Role.values)])
        cursor.execute(JOIN_GROUPS)
