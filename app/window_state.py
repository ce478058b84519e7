"""What of the window outlives it, and even its process: geometry, the live page's layouts, the experiment's draft."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.keeper import Keeper, decoded, encoded

if TYPE_CHECKING:
    from app.window import MainWindow


def keep_state(window: MainWindow, file: Path) -> Keeper:
    """Put a window as it was kept in a file, tell what of it cannot be used, and keep it there from now on."""

    def put_geometry(text: str) -> None:
        window.restoreGeometry(decoded(text))

    keeper = Keeper(file, window)
    keeper.problem.connect(partial(window.log.add, "warning"))
    unusable = keeper.begin(
        {
            "window's place": (lambda: encoded(window.saveGeometry()), put_geometry),
            "layout of the live page": (window.live.layouts_as_kept, window.live.restore_layouts),
            "draft of the experiment": (window.experiment.draft_as_kept, window.experiment.restore_draft),
        }
    )
    if unusable:
        window.tell_problem(unusable)
    return keeper
