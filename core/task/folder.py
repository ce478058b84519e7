"""The folder of downloaded data."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_dir


def data_folder() -> Path:
    """Return `$OVERTONE_DATA`, else the platform's own place; it need not exist."""
    chosen = os.environ.get("OVERTONE_DATA")
    return Path(chosen) if chosen else Path(user_data_dir("overtone", appauthor=False))
