"""A test shot: what went out, what came back, and what the instrument told of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.device_book import Device
from app.discovery import Found
from app.language import say
from app.theme import Theme
from app.widgets.bus_view import ROLES
from app.widgets.plain_label import plain_label
from app.widgets.response_view import TracesView, is_time_domain
from core.phrase import Phrase, joined

if TYPE_CHECKING:
    from app.device_shot import DeviceShot

EMPTY = "Press Test shot: one quiet waveform goes out, and what the instrument records appears here."
NO_DEVICE = "No instrument is chosen. Add one, take one from the list of what is connected, or start the demo bench."
UNDER_WAY = "The shot is on its way …"
NO_ADDRESS = "Type its address, or take it from the list of what is connected."
UNTESTED = "Not tested yet. Nothing moves before a test shot or a run."
LAST_MET = "Last met: {model}, output up to ±{output_v:g} V."
TOLD = "{model} · output up to ±{output_v:g} V, limit ±{limit_v:g} V · input ±{range_v:g} V · {wall_ms:.0f} ms"


class DeviceShotView(QWidget):
    """The traces of the last shot over a line of facts."""

    def __init__(self) -> None:
        super().__init__()
        self.traces, self.facts = TracesView(), plain_label("", "muted")
        self.traces.set_title("Test shot")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.traces, 1)
        layout.addWidget(self.facts)

    def begin(self) -> None:
        """Say that a shot is under way."""
        self.traces.show_empty(UNDER_WAY)

    def show_device(self, device: Device | None) -> None:
        """Forget the last shot, and say what to do."""
        self.traces.show_empty(NO_DEVICE if device is None else EMPTY)
        self.show_facts(device)

    def show_facts(self, device: Device | None) -> None:
        """Say what is known of a device."""
        if device is None:
            text = ""
        elif not device.system.address:
            text = NO_ADDRESS
        elif not device.output_v:
            text = UNTESTED
        else:
            text = Phrase(LAST_MET, model=device.model, output_v=device.output_v)
        say(self.facts.setText, text)

    def show_identities(self, found: list[Found]) -> None:
        """Say what instruments have told of themselves."""
        lines = [
            Phrase(
                "{address}: {identity} · {role}",
                address=item.address,
                identity=item.identity or Phrase("it tells nothing"),
                role=Phrase(ROLES.get(item.role, item.role) or "no driver is known for it"),
            )
            for item in found
        ]
        say(self.facts.setText, joined(lines, "\n"))

    def show_shot(self, shot: DeviceShot) -> None:
        """Draw drive and response."""
        info, snapshot, traces = shot.info, shot.snapshot, self.traces
        traces.set_system(info)
        if is_time_domain(info):
            traces.show_shot(shot.drive, shot.response)
        else:
            traces.plot.set_data(traces.drive, np.empty(0), np.empty(0))  # it lies along another axis
            traces.plot.canvas.legend = {}
            traces.show_values(shot.response)
        limit_v = float(snapshot.get("limits", {}).get("peak_v", 0.0))
        values = {"limit_v": limit_v, "range_v": float(snapshot.get("range_v", 0.0)), "wall_ms": 1e3 * shot.wall_s}
        say(self.facts.setText, TOLD, model=info.name, output_v=shot.output_v, **values)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.traces.apply_theme(theme)
