"""The left side of the devices page: the instruments that one knows, and those of the demo bench."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from app.device_book import Device
from app.language import follow, tr, worded
from app.states import BADGES
from app.systems import system_icon, system_name
from app.theme import Theme, icon

WIDTH_PX = 272


class DeviceList(QWidget):
    """Shows devices; `chosen` tells that another one is marked."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("setup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH_PX)
        self._theme: Theme | None = None
        self._devices: Sequence[Device] = ()
        self.list = QListWidget()
        self.list.setObjectName("presets")
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add, self.remove = worded(QPushButton(), "Add"), worded(QPushButton(), "Remove")
        self.bench = worded(QPushButton(), "Start the demo bench")
        self._lay_out()
        self.list.currentRowChanged.connect(self.chosen)
        follow(self.say_names)

    @property
    def row(self) -> int:
        """Return the place of the device that is marked, -1 where none is."""
        return self.list.currentRow()

    def show_devices(self, devices: Sequence[Device], row: int) -> None:
        """List devices, and mark one, without telling so."""
        self._devices = devices
        self.list.blockSignals(True)
        self.list.clear()
        for _ in devices:
            self.list.addItem(QListWidgetItem())
        self.list.setCurrentRow(min(row, len(devices) - 1))
        self.list.blockSignals(False)
        self.say_names()
        self.list.scrollToItem(self.list.currentItem())  # which is as high as its name only now

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self._theme = theme
        self.say_names()

    def say_names(self) -> None:
        """Write each device's name, how it was met, and what is behind it."""
        for row, device in enumerate(self._devices):
            item, status = self.list.item(row), tr(BADGES[device.status])
            item.setText(f"{device.alias}\n{status} · {tr(system_name(device.system.kind))}")
            if self._theme is not None:
                item.setIcon(icon(system_icon(device.system.kind), self._theme.text))

    def _lay_out(self) -> None:
        title = worded(QLabel(), "Devices")
        title.setProperty("role", "title")
        pair = QHBoxLayout()
        pair.setSpacing(8)
        pair.addWidget(self.add)
        pair.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 16, 12, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self.list, 1)
        layout.addLayout(pair)
        layout.addWidget(self.bench)
