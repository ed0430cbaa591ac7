"""Bad input as data: what is sent in which field, and what exactly is said about it on every surface.

`ROWS` are single cells of a row of bookings, sent over REST, as CSV and as XLSX: one validator, so one sentence.
`FORM` are fields of marketing's form for events, `SHEET` keys of one edit as the rep's sheet sends it.
`READ` are cells that only look bad: what a file means by its habits, or by a space too many, is taken.
"""

from typing import Final

INVISIBLE: Final = "{0!r} has an invisible character (U+{1}) in it. Take it out."
UNKNOWN: Final = "is an unknown {0}. It must stand in {0}s.csv or be loaded already."
NO_NUMBER: Final = "is not a number. Write digits and a point, for example 1250.5."
NO_MONTH: Final = "is not a month. Write it as YYYY-MM, for example 2026-11."
ENDLESS: Final = "9" * 90

# field, value, sentence
ROWS: Final = (
    ("qty", "abc", f"'abc' {NO_NUMBER}"),
    ("qty", "NaN", f"'NaN' {NO_NUMBER}"),
    ("qty", "Infinity", f"'Infinity' {NO_NUMBER}"),
    ("qty", "true", f"'true' {NO_NUMBER}"),
    ("qty", "--1", f"'--1' {NO_NUMBER}"),
    ("qty", "1e309", "'1e309' is too large. Numbers stay below 1,000,000,000,000 in size."),
    ("qty", ENDLESS, f"'{ENDLESS[:79]}…' is too large. Numbers stay below 1,000,000,000,000 in size."),
    ("qty", "1_000", "'1_000' is not written plainly. Write 1000."),
    ("qty", "\uff11\uff12\uff13", "'\uff11\uff12\uff13' is not written plainly. Write 123."),
    ("qty", "\u0661\u0662", "'\u0661\u0662' is not written plainly. Write 12."),
    ("qty", "\u22123", "'\u22123' is not written plainly. Write -3."),
    ("qty", "12%", "'12%' is not written plainly. Write 12."),
    ("qty", "", "qty is empty. It is required."),
    ("month", "2026-13", "'2026-13' is not a month: the months are 01 to 12."),
    ("month", "2026-11-05", "'2026-11-05' is a day. Write the month: 2026-11."),
    ("month", "2026-02-30", "'2026-02-30' is a day. Write the month: 2026-02."),
    ("month", "46327", "'46327' is a spreadsheet's number for 2026-11-01. Write the month: 2026-11."),
    ("month", "0000-01", "'0000-01' lies outside 1990 to 2099."),
    ("month", "", "month is empty. It is required."),
    ("customer", "NOWHERE", f"'NOWHERE' {UNKNOWN.format('customer')}"),
    ("customer", "N0RTH", f"'N0RTH' {UNKNOWN.format('customer')} Did you mean 'NORTH'?"),
    ("customer", "north", f"'north' {UNKNOWN.format('customer')} Did you mean 'NORTH'?"),
    ("customer", "<script>alert(1)</script>", f"'<script>alert(1)</script>' {UNKNOWN.format('customer')}"),
    ("customer", "'; DROP TABLE x; --", f'"\'; DROP TABLE x; --" {UNKNOWN.format("customer")}'),
    ("customer", "NORTH\u00a0X", INVISIBLE.format("NORTH\u00a0X", "00A0")),
    ("customer", "NO\u200bRTH", INVISIBLE.format("NO\u200bRTH", "200B")),
    ("customer", "\u202eNORTH", INVISIBLE.format("\u202eNORTH", "202E")),
    ("customer", "x" * 70, f"'{'x' * 70}' has 70 characters; 60 fit."),
    ("customer", "", "customer is empty. It is required."),
    ("product", "OMEGA", f"'OMEGA' {UNKNOWN.format('product')}"),
    ("product", "\u0410LPHA", f"'\u0410LPHA' {UNKNOWN.format('product')} Did you mean 'ALPHA'?"),
    ("product", "ALPHA\tX", INVISIBLE.format("ALPHA\tX", "0009")),
    ("product", "ALPHA\nBETA", INVISIBLE.format("ALPHA\nBETA", "000A")),
    ("product", "", "product is empty. It is required."),
)
# What a program must write plainly and a file may write by its own habits, and the number that is taken.
HABITS: Final = (
    ("qty", "1,5", "'1,5' has a decimal comma. Write 1.5.", 1.5),
    ("qty", "1,234.50", "'1,234.50' has separators. Write 1234.50.", 1234.5),
    ("qty", "1 000", "'1 000' is not written plainly. Write 1000.", 1000.0),
)
# Taken on every surface: field, value, the stored quantity.
READ: Final = (("qty", "-5", -5.0), ("qty", " 7 ", 7.0), ("customer", "NORTH ", 7.0), ("qty", "007", 7.0))

# field, value, sentence beside the form
FORM: Final = (
    ("name", "", "Say what is planned."),
    ("name", "x" * 161, "Say it in at most 160 characters."),
    ("kind", "party", "Choose what kind of event it is."),
    ("what", "product:OMEGA", "There is no product 'OMEGA'."),
    ("what", "rubbish", "'rubbish' is not one of the choices."),
    ("what", "product:", "'product:' is not one of the choices."),
    ("whom", "customer:NOWHERE", "There is no customer 'NOWHERE'."),
    ("whom", "family:BIKES", "'family:BIKES' is not one of the choices."),
    ("first", "", f"'' {NO_MONTH}"),
    ("first", "2026-13", f"'2026-13' {NO_MONTH}"),
    ("first", "December", f"'December' {NO_MONTH}"),
    ("first", "2026-12-05", f"'2026-12-05' {NO_MONTH}"),
    ("last", "2026-11", "The last month lies before the first."),
    ("last", "0000-01", f"'0000-01' {NO_MONTH}"),
    ("shape", "round", "Choose how the uplift spreads over the months."),
    ("uplift", "", "Give the uplift in per cent, from −100 to 500."),
    ("uplift", "-101", "Give the uplift in per cent, from −100 to 500."),
    ("uplift", "1001", "Give the uplift in per cent, from −100 to 500."),
    *(
        ("uplift", text, f"{text!r} is not a number.")
        for text in ("abc", "NaN", "inf", "1e309", "1,5", "1_0", "\u0661")
    ),
    ("confidence", "-1", "Give the confidence in per cent, from 0 to 100."),
    ("confidence", "101", "Give the confidence in per cent, from 0 to 100."),
    ("confidence", "NaN", "'NaN' is not a number."),
)

NO_QUANTITY: Final = "Edit 1 has a quantity that is no number."
TOO_MUCH: Final = "is not a quantity: use a number from 0 to 1,000,000,000."
NOT_AHEAD: Final = "is not one of the 24 months from 2026-11."
# key, value, status, sentence
SHEET: Final = (
    *(("value", value, 422, NO_QUANTITY) for value in ("abc", "5", True, [], {})),
    ("value", -1, 422, f"-1.0 {TOO_MUCH}"),
    ("value", 1e30, 422, f"1e+30 {TOO_MUCH}"),
    ("month", "2026-13", 422, f"'2026-13' {NO_MONTH}"),
    ("month", None, 422, f"'' {NO_MONTH}"),
    ("month", "2035-01", 422, f"2035-01 {NOT_AHEAD}"),
    ("month", "2026-10", 422, f"2026-10 {NOT_AHEAD}"),
    *(("line", value, 422, "Edit 1 names no line.") for value in (0, -1, "x", True, None, 2**63)),
    ("line", 999_999, 404, "There is no line 999999 in the cycle 2026-11."),
    ("seen", "x", 422, NO_QUANTITY),
    (
        "seen",
        12_345,
        409,
        "1 cell has changed since you saw it. Choose which value to keep; nothing of this batch was saved.",
    ),
    ("comment", "x" * 2001, 422, "A comment has at most 2,000 characters."),
    ("comment", "a\x00b", 422, "The edits hold a character that no text has (NUL). Type it again."),
)
