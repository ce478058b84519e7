"""Whether a window can open here, told before Qt aborts the process."""

from __future__ import annotations

import ctypes
import os
import sys

# What Qt's xcb platform loads, and the Debian package that brings it.
XCB_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
OFFSCREEN_LIBRARIES = (
    "libGL.so.1",
    "libEGL.so.1",
    "libfontconfig.so.1",
    "libdbus-1.so.3",
    "libxkbcommon.so.0",
)


def missing_packages(libraries: tuple[str, ...] = tuple(XCB_LIBRARIES)) -> list[str]:
    """List the Debian packages whose libraries cannot be loaded."""
    missing: list[str] = []
    for library in libraries:
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(XCB_LIBRARIES[library])
    return missing


def display_problem() -> str | None:
    """Tell in one line why no window can open and what to do, or None when one can."""
    if not sys.platform.startswith("linux"):
        return None
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    windowless = platform in {"offscreen", "minimal", "vnc"}
    missing = missing_packages(OFFSCREEN_LIBRARIES if windowless else tuple(XCB_LIBRARIES))
    if missing:
        return f"the window needs system libraries that are not there. Install them: apt install {' '.join(missing)}"
    if windowless or platform == "wayland":
        return None
    if os.environ.get("WAYLAND_DISPLAY") and platform != "xcb":
        return None
    if not os.environ.get("DISPLAY"):
        return "there is no display. Set DISPLAY, or train without a window: overtone run quick"
    if not _x_server_answers():
        return f"the display {os.environ['DISPLAY']} does not answer. Start its X server, or run: overtone run quick"
    return None


def _x_server_answers() -> bool:
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    broken = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return broken == 0


if __name__ == "__main__":
    from PySide6.QtWidgets import QApplication

    QApplication([])
    print("opened")
