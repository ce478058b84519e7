"""A pulse shaper's mask on a second monitor: grey columns over the whole screen, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPaintEvent, QScreen
from PySide6.QtWidgets import QWidget

from core.ports import DeviceError, DeviceTimeout
from devices.wire import Deadline

GREYS = 256
FRAMES = 2  # until what was painted is light everywhere on the screen
USUAL_HZ = 60.0


class MaskWindow(QWidget):
    """Fills a screen with columns, one a pixel."""

    def __init__(self, screen: QScreen) -> None:
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.columns = round(screen.size().width() * screen.devicePixelRatio())
        self._row = np.zeros(self.columns, np.uint8)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.showFullScreen()

    def show_row(self, row: np.ndarray) -> None:
        """Paint grey levels (column,) at once."""
        self._row = np.ascontiguousarray(row, np.uint8)
        self.repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw each level from top to bottom."""
        image = QImage(self._row.data, self.columns, 1, self.columns, QImage.Format.Format_Grayscale8)
        painter = QPainter(self)
        painter.drawImage(self.rect(), image)
        painter.end()


class ScreenMask:
    """A `devices.optics.mask.Mask`, used in the engine's thread."""

    demo, levels = False, GREYS

    def __init__(self, screens: Screens, window: MaskWindow, name: str, rate_hz: float) -> None:
        self._screens, self._window, self._rate_hz = screens, window, rate_hz
        self.name, self.columns = f"screen {name}", window.columns

    def show(self, pattern: np.ndarray, deadline: Deadline) -> None:
        """Paint grey levels (column,) and wait until they are light."""
        self._screens.do(lambda: self._window.show_row(pattern), deadline)
        time.sleep(min(FRAMES / self._rate_hz, deadline.left_s()))

    def close(self) -> None:
        """Close the window; the screen shows what it did before."""
        self._screens.later(self._window.close)


class Screens(QObject):
    """Opens masks on screens by their names. It lives in the window's thread and is asked from the engine's."""

    _asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked.connect(self._perform, Qt.ConnectionType.QueuedConnection)

    def open(self, name: str, deadline: Deadline) -> ScreenMask:
        """Fill the screen of this name with a black mask. Raise DeviceError naming the screens."""
        found: list[ScreenMask | DeviceError] = []
        self.do(lambda: found.append(self._opened(name)), deadline)
        mask = found[0]
        if isinstance(mask, DeviceError):
            raise mask
        return mask

    def do(self, function: Callable[[], object], deadline: Deadline) -> None:
        """Call a function in the window's thread and wait for it. Raise DeviceTimeout."""
        if QThread.currentThread() is self.thread():
            function()
            return
        done = threading.Event()
        self._asked.emit(lambda: (function(), done.set()))
        if not done.wait(deadline.left_s()):
            raise DeviceTimeout("The window did not show the mask in time.")

    def later(self, function: Callable[[], object]) -> None:
        """Call a function in the window's thread when it has time."""
        self._asked.emit(function)

    @Slot(object)
    def _perform(self, function: Callable[[], object]) -> None:
        function()

    def _opened(self, name: str) -> ScreenMask | DeviceError:
        screens = {screen.name(): screen for screen in QGuiApplication.screens()}
        own = QGuiApplication.primaryScreen().name()
        if name not in screens or name == own:
            others = ", ".join(other for other in screens if other != own) or "none"
            return DeviceError(
                f"There is no second screen {name!r}; there is {others}. Connect the shaper as a monitor, extend the "
                "desktop to it, and put its name into system.address: SCREEN::NAME."
            )
        screen = screens[name]
        return ScreenMask(self, MaskWindow(screen), name, screen.refreshRate() or USUAL_HZ)
