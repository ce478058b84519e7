"""An instrument as a form: where it is, what its output may do at most, how it measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.device_book import Device
from app.language import say, worded
from app.presets import flat, nested
from app.spec_choices import name_of
from app.spec_fields import SpecField, Value, spec_fields
from app.theme import Theme, icon
from app.widgets.field_row import FieldRow
from app.widgets.section import Section

CONNECTION = "system.connection."
SECTIONS = {
    "Instrument": (
        "Where it is, and what is behind it.",
        ("alias", "system.kind", "system.address", f"{CONNECTION}recorder", f"{CONNECTION}dialect"),
    ),
    "Safety limits": (
        "What the output may do at most; nothing that a network, an optimiser or a field asks for goes beyond.",
        tuple(
            f"{CONNECTION}{name}"
            for name in (
                "drive_v",
                "limit_v",
                "limit_slew_v_per_s",
                "limit_duty",
                "limit_rise_k",
                "load_ohm",
                "warming_k_per_w",
                "cooling_s",
            )
        ),
    ),
    "Measurement": (
        "How a shot is recorded, and how long an answer may take.",
        tuple(
            f"{CONNECTION}{name}"
            for name in (
                "full_scale_v",
                "offset_v",
                "range_v",
                "delay_s",
                "averages",
                "batch",
                "deadline_s",
                "reconnect_s",
            )
        ),
    ),
}
WHERE = {"system.kind", "system.address", f"{CONNECTION}recorder", f"{CONNECTION}dialect"}
VOLTAGES = {f"{CONNECTION}drive_v", f"{CONNECTION}limit_v"}
ALIAS = SpecField("alias", "text", "What you call it.", pattern=r"^.*[^\s].*$", longest=80)
LEAST_PX, WIDE_PX = 424, 700  # from the latter on there is room for the help beside each field
MARGINS_PX = 36
HELP_PX = 56


class DeviceForm(QFrame):
    """Edits one device; `edited` tells the new one. A wrong value is marked where it stands and changes nothing."""

    edited = Signal(object)
    problem_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setMinimumWidth(LEAST_PX)
        self.device: Device | None = None
        self._theme: Theme | None = None
        self.rows: dict[str, FieldRow] = {}
        self.sections = {title: Section(title, help) for title, (help, _) in SECTIONS.items()}
        self.help = worded(QLabel(), "Point at a field to see what it does, its limits and its default.")
        self._lay_out()
        for title in ("Instrument", "Safety limits"):
            self.sections[title].set_open(True)

    def show_device(self, device: Device) -> None:
        """Show a device; its own largest voltage bounds what may be typed."""
        bounds_changed = self.device is None or self._bound(self.device) != self._bound(device)
        self.device = device
        if bounds_changed:
            self._make_rows(device)
        values = flat(device.model_dump())
        for key, row in self.rows.items():
            row.allow(row.field.idle(values, name_of))
            default = row.field.default
            row.show_value(values[key], default, changed=default is not None and values[key] != default)
        self.setEnabled(True)

    @property
    def problem(self) -> bool:
        """Tell whether a value is still wrong."""
        return any(row.problem for row in self.rows.values())

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self._theme = theme
        for section in self.sections.values():
            section.apply_theme(theme)
        for row in self.rows.values():
            row.reset.setIcon(icon("reset", theme.muted))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the editors use the width."""
        super().resizeEvent(event)
        self._fit()

    def _tell(self, row: FieldRow) -> None:
        say(self.help.setText, row.summary)

    def _make_rows(self, device: Device) -> None:
        focus = next((key for key, row in self.rows.items() if row.isAncestorOf(self.focusWidget() or self)), "")
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows = {}
        for title, field in self._fields(device):
            row = self.rows[field.key] = FieldRow(field)
            self.sections[title].rows.addWidget(row)
            row.edited.connect(partial(self._edit, field.key))
            row.reset_asked.connect(partial(self._reset, field))
            row.problem_changed.connect(self.problem_changed)
            row.looked_at.connect(partial(self._tell, row))
        self._fit()
        if self._theme is not None:
            self.apply_theme(self._theme)
        if focus:
            self.rows[focus].editor.setFocus()

    def _fields(self, device: Device) -> Iterator[tuple[str, SpecField]]:
        known = {"alias": ALIAS} | {field.key: field for field in spec_fields()}
        bound_v = self._bound(device)
        for title, (_, keys) in SECTIONS.items():
            for key in keys:
                field = known[key]
                yield title, replace(field, high=min(field.high, bound_v)) if key in VOLTAGES and bound_v else field

    @staticmethod
    def _bound(device: Device) -> float:
        return device.output_v

    def _edit(self, key: str, value: Value) -> None:
        assert self.device is not None
        values = {**flat(self.device.model_dump()), key: value}
        if key in WHERE:  # it may be another one
            values |= {"model": "", "status": "untested", "output_v": 0.0}
        self.edited.emit(Device.model_validate(nested(values)))

    def _reset(self, field: SpecField) -> None:
        if field.default is not None:
            self._edit(field.key, field.default)

    def _fit(self) -> None:
        for row in self.rows.values():
            row.fit(self.width() - MARGINS_PX, wide=self.width() >= WIDE_PX)

    def _lay_out(self) -> None:
        content = QWidget()
        content.setObjectName("form")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(8, 8, 8, 8)
        inner.setSpacing(4)
        for section in self.sections.values():
            inner.addWidget(section)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.help.setContentsMargins(12, 4, 12, 8)
        self.help.setMinimumHeight(HELP_PX)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.help)
