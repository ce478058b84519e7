"""`overtone report` as a user meets it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from app.cli import command_line


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["overtone", "report", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return int(exit_info.value.code or 0), *capsys.readouterr()

    return run


def test_the_files_are_named_and_made(copied, tmp_path, command):
    code, output, errors = command(
        str(copied), "--format", "json, html", "--out", str(tmp_path / "new" / "out"), "--json"
    )
    assert code == 0
    files = [Path(file) for file in json.loads(output)["files"]]
    assert [file.name for file in files] == ["report.html", "report.json"]
    assert all(file.is_file() and str(file) in errors for file in files)
    assert not (copied / "report.html").exists()


def test_without_options_all_lie_in_the_run(copied, command):
    assert command(str(copied))[0] == 0
    assert {file.name for file in copied.glob("report.*")} == {"report.html", "report.pdf", "report.json"}
    assert (copied / "data" / "steps.csv").is_file()


def test_bad_input_is_one_line(copied, tmp_path, command):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "file").write_text("")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "experiment.toml").write_bytes((copied / "experiment.toml").read_bytes())
    (damaged / "run.h5").write_bytes((copied / "run.h5").read_bytes()[:2000])
    for arguments, code, message in (
        (["nowhere"], 1, "is not a run"),
        ([str(tmp_path / "foreign")], 1, "is not a run"),
        ([str(damaged)], 1, "cannot be read"),
        ([str(copied), "--format", "html,docx"], 2, "Choose from html, pdf, csv, json"),
        ([str(copied), "--format", ","], 2, "Choose from"),
        ([str(copied), "--format", "json", "--out", str(tmp_path / "file")], 1, "Choose another --out"),
    ):
        found, output, errors = command(*arguments)
        assert found == code, errors
        assert message in errors
        assert len(errors.strip().splitlines()) == 1
        assert output == ""
