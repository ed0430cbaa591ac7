"""The text of a PDF that Chromium has made, read as a program that copies text reads it.

Only what these files have: objects that are not packed, streams deflated, words as hexadecimal glyph numbers, and for
each font a table from glyphs to letters (ToUnicode).
"""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\s*(<<.*?>>)\s*(?:stream\r?\n|endobj)", re.S)


def pdf_text(content: bytes) -> str:
    """All pages one after the other, in the order they were painted."""
    objects = {int(m[1]): (m[2], m.end()) for m in OBJECT.finditer(content)}
    tables = {n: _table(_stream(content, objects, ref)) for n, (head, _) in objects.items() if (ref := _ref(head))}
    pages = [head for head, _ in objects.values() if re.search(rb"/Type /Page\b", head)]
    return "\n".join(_page(content, objects, tables, head) for head in pages)


def _ref(head: bytes, name: bytes = b"ToUnicode") -> int | None:
    found = re.search(rb"/%s (\d+) 0 R" % name, head)
    return int(found[1]) if found else None


def _stream(content: bytes, objects: dict[int, tuple[bytes, int]], number: int) -> bytes:
    return zlib.decompressobj().decompress(content[objects[number][1] :])


def _table(stream: bytes) -> dict[int, str]:
    table = {
        int(glyph, 16): chr(int(letter, 16)) for glyph, letter in re.findall(rb"^<(\w+)> <(\w{4})>$", stream, re.M)
    }
    for first, last, letter in re.findall(rb"^<(\w+)> <(\w+)> <(\w{4})>$", stream, re.M):
        span = range(int(first, 16), int(last, 16) + 1)
        table |= {glyph: chr(int(letter, 16) + step) for step, glyph in enumerate(span)}
    return table


def _page(content: bytes, objects: dict[int, tuple[bytes, int]], tables: dict[int, dict[int, str]], head: bytes) -> str:
    fonts = {name: int(number) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", head)}
    letters, text = dict[int, str](), []
    number = _ref(head, b"Contents")
    assert number is not None
    for font, code in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", _stream(content, objects, number)):
        if font:
            letters = tables[fonts[font]]
        text += [letters.get(glyph, "") for glyph in bytes.fromhex(code.decode())]
    return "".join(text)
