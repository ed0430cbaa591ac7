"""In production every file of ours has a name of its content, and modules ask for each other by it."""

import json
import re

import pytest
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.management import call_command

HASHED = re.compile(r"^\./[\w-]+\.[0-9a-f]{12}\.js$")


@pytest.fixture
def collected(settings, tmp_path):
    """Our own static files, collected as production does."""
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "sop_portal.static_storage.HashedStatic"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_modules_import_each_other_by_the_names_of_their_contents(collected):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    assert set(names) == {path for path, _ in FileSystemFinder().list([])}
    found = 0
    for name in (one for path, one in names.items() if path.startswith("js/")):
        for address in re.findall(r'^import .*? from "(.*?)";', (collected / name).read_text(), re.MULTILINE):
            assert HASHED.match(address), f"{name} imports {address}"
            assert (collected / "js" / address).is_file()
            found += 1
    assert found > 10
