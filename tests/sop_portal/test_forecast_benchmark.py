"""The benchmark command, as somebody at a terminal meets it."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from sop_portal.forecast_benchmark import made_up_lines

KEYS = {"smape", "mase", "wape", "owa", "coverage_50", "coverage_80", "coverage_95", "seconds", "cpu_seconds", "series"}


@pytest.fixture
def file(tmp_path):
    random = np.random.default_rng(4)
    values = 100 + 30 * np.sin(np.arange(72) / 1.91) + random.normal(0, 5, (4, 72))
    rows = [
        f"S{series},{2019 + month // 12}-{month % 12 + 1:02d},{values[series, month]:.2f}"
        for series in range(4)
        for month in range(72)
    ]
    path = tmp_path / "sales.csv"
    path.write_text("series_id,month,value\n" + "\n".join(rows))
    return path


def test_a_file_is_forecast_and_measured(file, capsys) -> None:
    call_command("forecast_benchmark", str(file), "--horizon", "12", "--season", "12", "--json", "--workers", "1")
    told = json.loads(capsys.readouterr().out)
    assert set(told) >= KEYS
    assert told["series"] == 4
    assert told["smape"] < 10
    assert told["owa"] < 1
    assert told["coverage_50"] <= told["coverage_80"] <= told["coverage_95"]


def test_the_same_in_words_and_over_two_processes(file, capsys) -> None:
    call_command("forecast_benchmark", str(file), "--horizon", "12", "--limit", "2", "--workers", "2")
    said = capsys.readouterr().out
    assert said.startswith("2 series, 1 processes")
    assert "inside the 80 % range" in said


def test_the_plain_mean_of_ets_and_theta_is_measured_alike_and_gives_no_ranges(file, capsys) -> None:
    options = [str(file), "--horizon", "12", "--method", "ets-theta", "--workers", "1"]
    call_command("forecast_benchmark", *options, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["smape"] < 10
    assert {told[f"coverage_{level}"] for level in (50, 80, 95)} == {None}
    call_command("forecast_benchmark", *options, "--limit", "1")
    assert "n/a" in capsys.readouterr().out


def test_public_series_come_with_the_development_packages(capsys) -> None:
    call_command("forecast_benchmark", "m3", "--limit", "3", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["series"] == 3
    assert np.isfinite([told[key] for key in KEYS]).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.csv", "--horizon", "12"], "missing.csv cannot be read: No such file"),
        (["missing.csv"], "--horizon 12"),
        (["m3", "--limit", "0"], "--limit must be at least 1"),
        (["m3", "--workers", "0"], "--workers must be at least 1"),
        (["scale", "--lines", "0"], "--lines and --workers must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments, said) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("forecast_benchmark", *arguments)


def test_a_fault_in_a_file_names_the_file_and_the_line(tmp_path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"series_id,month,value\nA,2025-01,x\n")
    with pytest.raises(CommandError, match=r"bad.csv, line 2: the value “x” is not a number"):
        call_command("forecast_benchmark", str(bad), "--horizon", "1")
    bad.write_bytes(b"series_id,month,value\nA,2025-01,\xff\n")
    with pytest.raises(CommandError, match="not UTF-8"):
        call_command("forecast_benchmark", str(bad), "--horizon", "1")


def test_a_large_company_is_timed_with_its_memory(capsys) -> None:
    call_command("forecast_benchmark", "scale", "--lines", "40", "--workers", "1", "--json")
    said = capsys.readouterr()
    (row,) = json.loads(said.out)
    assert (row["lines"], row["workers"]) == (40, 1)
    assert row["peak_mb"] > 10
    assert "40 of 40 lines" in said.err


def test_the_made_up_company_has_full_and_thin_lines_and_is_the_same_every_time() -> None:
    lines = made_up_lines(30)
    assert lines.shape == (30, 60)
    assert (lines[0] > 0).mean() > (lines[2] > 0).mean()
    assert np.array_equal(lines, made_up_lines(30))
