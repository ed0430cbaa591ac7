"""Texts that fit nowhere: numbers that are none, months that are none, and what breaks out of where it is put."""

from typing import Final

NUMBERS: Final = (
    *("", " ", "-1", "0", "NaN", "nan", "inf", "-Infinity", "1e309", "-1e308", "true", "null", "None", "[]", "{}"),
    *("１２３", "١٢٣", "1_000", "1,000.5", "1.000,5", "1.2.3", "0.000000000001", "9" * 400, "12345678901234567890"),
    *("2147483648", "9223372036854775808", "-9223372036854775809", "0x10", "1/0", "50%", "150 %", "+10%", "=bl"),
    *("9" * 5000, "0" * 19 + "1" + "9" * 5000, "²", "1e-400", "−3", "1e999999999"),
)
MONTHS: Final = (
    *("2026-13", "2026-00", "0000-01", "2027-02-30", "2026-11-27", "99999-12-31", "2026-11-01T25:61", "2026-W50"),
    *("9999-12", "0001-01", "2026-1²", "9" * 5000 + "-11", "2026-11-01T10:00+99:00"),
)
WORDS: Final = (
    *("\x00", "a\x00b", "\u202etxt.exe", "\ufeff", "a\u00a0b", "\u200b", "é" * 300, "🙂" * 100, "line\r\nbreak\x1b[0m"),
    *("<script>alert(1)</script>", "' OR 1=1 --", "%00", "../../etc/passwd", "{{ 7*7 }}", "=1+1", "x" * 100_000),
    *("nobody-of-this-name", "rita", "RITA", "lena ", "@", "@rita @lena", "-", "/", "\\", "?", "#"),
    *("http://x.example/", "http://[::1", "javascript:alert(1)", "\ud800", "%s %d {0}", "__class__", "WyJhIl0="),
)
TEXTS: Final = (*NUMBERS, *MONTHS, *WORDS)
