"""A mask fills the screen that it is told to, column by column, on a desktop of two screens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

SCREENS = {
    "screens": [
        {"name": "Desk", "x": 0, "y": 0, "width": 800, "height": 600, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1},
        {"name": "SLM", "x": 800, "y": 0, "width": 640, "height": 50, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1},
    ]
}
SESSION = """
    import threading
    import numpy as np
    from PySide6.QtWidgets import QApplication
    from app.mask_window import MaskWindow, Screens
    from core.ports import DeviceError
    from devices.optics.mask import offer_screens, open_mask
    from devices.wire import Deadline

    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    screens = Screens()
    offer_screens(screens.open)
    pattern = (np.arange(640) % 256).astype(np.uint16)
    seen = {}

    def engine():
        for name in ("Desk", "Projector"):
            try:
                open_mask(f"SCREEN::{name}", Deadline(5.0, "test"))
            except DeviceError as error:
                seen[name] = str(error)
        mask = open_mask("SCREEN::SLM", Deadline(5.0, "test"))
        seen["size"] = mask.columns, mask.levels
        mask.show(pattern, Deadline(5.0, "test"))
        screens.do(look, Deadline(5.0, "test"))
        mask.close()
        screens.do(lambda: None, Deadline(5.0, "test"))
        screens.later(app.quit)

    def look():
        window = next(item for item in app.topLevelWidgets() if isinstance(item, MaskWindow))
        image = window.grab().toImage()
        seen["screen"] = window.screen().name()
        seen["image"] = [[image.pixelColor(x, y).getRgb()[:3] for x in range(640)] for y in (0, 25, 49)]

    threading.Thread(target=engine).start()
    app.exec()
    for name in ("Desk", "Projector"):
        assert "there is SLM" in seen[name], seen[name]
    assert seen["size"] == (640, 256)
    assert seen["screen"] == "SLM"
    assert all(row == [(level,) * 3 for level in pattern.tolist()] for row in seen["image"])
    assert not [item for item in app.topLevelWidgets() if item.isVisible()]
    print("shown")
"""


def test_columns_are_grey_from_top_to_bottom_of_the_screen_of_that_name(tmp_path: Path):
    layout = tmp_path / "screens.json"
    layout.write_text(json.dumps(SCREENS))
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={layout}",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SESSION)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "shown\n", done.stderr
