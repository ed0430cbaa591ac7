"""People named in a text with @: who is meant, and who may have been meant."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

# An address such as a@b.com names nobody: the @ must stand at the start of a word.
NAME: Final = re.compile(r"(?<![\w.@+-])@(\w[\w.+-]*)")
CLOSE: Final = 0.6
MOST_SUGGESTED: Final = 3


def mentioned(text: str) -> list[str]:
    """The names after an @ in the order they stand, each once, in lower case; `@50` is a price, not a name."""
    found = (match.rstrip(".-+").lower() for match in NAME.findall(text))
    return list(dict.fromkeys(name for name in found if not name.replace(".", "").isdigit()))


def unknown(names: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """Of these names those that nobody has; `known` maps user names in lower case to full names."""
    return [name for name in names if name not in known]


def suggested(name: str, known: Mapping[str, str]) -> list[str]:
    """The user names that were most likely meant: the same beginning or first name, else a similar spelling."""
    begins = [user for user, full in known.items() if user.startswith(name) or _first(full) == name]
    return (begins or _similar(name, known))[:MOST_SUGGESTED]


def _similar(name: str, known: Mapping[str, str]) -> list[str]:
    spelled = {full.lower().replace(" ", "-"): user for user, full in known.items()} | {user: user for user in known}
    spelled |= {_first(full): user for user, full in known.items() if full}
    close = get_close_matches(name, spelled, n=MOST_SUGGESTED, cutoff=CLOSE)
    return list(dict.fromkeys(spelled[each] for each in close))


def _first(full: str) -> str:
    return full.lower().split(" ")[0]


def refusal(names: Iterable[str], known: Mapping[str, str]) -> str:
    """What to say about names that nobody has, with who may have been meant."""
    return " ".join(_refused(name, known) for name in names)


def _refused(name: str, known: Mapping[str, str]) -> str:
    meant = [f"@{user} ({known[user]})" for user in suggested(name, known)]
    if not meant:
        return f"Nobody here is called @{name}. Type @ and choose a name from the list."
    return f"Nobody here is called @{name}. Did you mean {' or '.join(meant)}?"
