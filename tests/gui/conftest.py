"""Shared by the window's tests: presets of one's own are looked for in a folder of the test."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def config_folder(tmp_path, monkeypatch):
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder / "overtone"
