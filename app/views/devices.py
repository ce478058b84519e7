"""The devices page: the instruments that one knows, what is connected, a test shot, and the limits of their outputs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.background import Background
from app.demo_bench import DemoBench
from app.device_book import Device, DeviceBook
from app.discovery import Found, identify
from app.language import say, worded
from app.scanner import Scanner
from app.states import BADGES
from app.theme import Theme, icon
from app.widgets.bus_view import BusView
from app.widgets.device_form import DeviceForm
from app.widgets.device_list import DeviceList
from app.widgets.device_shot_view import DeviceShotView
from app.widgets.plain_label import plain_label
from core.phrase import Phrase
from core.ports import SpecError
from core.run.spec import SystemSpec

if TYPE_CHECKING:
    from app.device_shot import DeviceShot

SETTLED_MS = 400  # after which an edit is written down


class DevicesPage(QWidget):
    """`use_requested` tells the device that the experiment is to run on, `problem` what went wrong and what to do.

    `met` tells that something was learnt of a device, `doing` what is being done with one, "" when it is over.
    """

    use_requested = Signal(object)
    problem = Signal(object)
    told = Signal(object)
    met = Signal()
    doing = Signal(str)

    def __init__(self, book: DeviceBook | None = None) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._book = book or DeviceBook()
        self._running, self._doing = "", ""
        self._sound = True  # the file of the book may be written
        self.devices: list[Device] = []
        self.demos: list[Device] = []
        self.list, self.form = DeviceList(), DeviceForm()
        self.view, self.buses = DeviceShotView(), BusView()
        self.title, self.badge = plain_label(role="heading", wraps=False), QLabel()
        self.badge.setProperty("role", "badge")
        self.add, self.remove, self.bench = self.list.add, self.list.remove, self.list.bench
        self.scan = worded(QPushButton(), "Look for instruments")
        self.ask, self.shoot = worded(QPushButton(), "Who is it?"), worded(QPushButton(), "Test shot")
        self.use = worded(QPushButton(), "Use for the experiment")
        self.use.setProperty("primary", True)
        self.scanner, self.demo_bench = Scanner(self), DemoBench(self)
        self._background, self._writer = Background(self), Background(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._lay_out()
        self._connect()
        self._read()

    @property
    def busy(self) -> str:
        """Say what is being done with an instrument, "" where nothing is."""
        return self._doing

    @property
    def chosen(self) -> Device | None:
        """Return the device that is marked in the list."""
        row, listed = self.list.row, [*self.devices, *self.demos]
        return listed[row] if 0 <= row < len(listed) else None

    def set_busy(self, reason: str) -> None:
        """Let no instrument be touched while a run lasts, and say why."""
        self._running = reason
        self._enable()

    def known(self, address: str) -> tuple[str, Device | None]:
        """Tell how the system at an address is met, a word of BADGES, and the device that is there, if any."""
        if not address:
            return "simulated", None
        device = next((item for item in (*self.demos, *self.devices) if item.system.address == address), None)
        return (device.status if device is not None else "untested"), device

    def stop(self) -> None:
        """End all processes of this page, and write down what was edited."""
        self.scanner.stop()
        self.demo_bench.stop()
        if self._settled.isActive():
            self._settled.stop()
            self._write()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        for part in (self.list, self.view, self.form):
            part.apply_theme(theme)
        self.use.setIcon(icon("experiment", theme.surface))
        self.shoot.setIcon(icon("play", theme.text))

    def _read(self) -> None:
        try:
            self.devices = self._book.read()
        except SpecError as error:
            self._sound = False
            QTimer.singleShot(0, self, partial(self.problem.emit, str(error)))  # when someone listens
        self._list(0)

    def _list(self, row: int) -> None:
        """List the devices anew, and mark one."""
        self.list.show_devices([*self.devices, *self.demos], row)
        self._show()

    def _show(self) -> None:
        self.view.show_device(self.chosen)
        self._show_values()

    def _enable(self) -> None:
        device = self.chosen
        busy = self._running or self._doing
        nothing = "" if device is not None else "No instrument is chosen."
        wrong = "A value of the form is wrong: mend it first." if self.form.problem else ""
        no_address = "" if device is None or device.system.address else "Type its address first."
        demo = "It belongs to the demo bench." if device in self.demos else nothing
        for button, reason, hint in (
            (self.ask, nothing or no_address or busy, "Ask what is at the address who it is (*IDN?)."),
            (self.shoot, nothing or no_address or wrong or busy, "Send one quiet waveform, ramped up, and record it."),
            (self.use, nothing or no_address or wrong, "Put address, wiring and limits into the experiment."),
            (self.remove, demo, "Forget this instrument."),
            (self.scan, "Buses are being looked at." if self.scanner.active else "", "Asks the network, too."),
        ):
            button.setEnabled(not reason)
            say(button.setToolTip, reason or hint)
        say(self.bench.setText, "Stop the demo bench" if self.demo_bench.active else "Start the demo bench")
        say(self.bench.setToolTip, "Emulated instruments on this computer that speak the protocols of real ones.")

    def _put(self, device: Device) -> None:
        """Take another version of the chosen device."""
        row, count = self.list.row, len(self.devices)
        if row < count:
            self.devices[row] = device
        else:
            self.demos[row - count] = device
        self.list.show_devices([*self.devices, *self.demos], row)
        self.view.show_facts(device)
        self._show_values()
        self._settled.start()
        self.met.emit()

    def _show_values(self) -> None:
        device = self.chosen
        for widget in (self.form, self.title, self.badge):
            widget.setVisible(device is not None)
        if device is not None:
            self.form.show_device(device)
            say(self.title.setText, device.alias)
            say(self.badge.setText, BADGES[device.status])
            self.badge.setProperty("status", device.status)
            self.badge.style().unpolish(self.badge)
            self.badge.style().polish(self.badge)
        self._enable()

    def _append(self, device: Device) -> None:
        self.devices.append(device)
        self._list(len(self.devices) - 1)
        self._settled.start()

    def _add(self) -> None:
        names = {device.alias for device in self.devices}
        number = next(number for number in range(1, len(names) + 2) if f"Bench {number}" not in names)
        self._append(Device(alias=f"Bench {number}", system=SystemSpec(kind="circuit")))

    def _remove(self) -> None:
        row = self.list.row
        del self.devices[row]
        self._list(row)
        self._settled.start()

    def _take(self, found: Found) -> None:
        """Put an instrument that was found into the form, or into a new one."""
        if self.chosen is None or self.chosen in self.demos:
            self._add()
        device = self.chosen
        assert device is not None
        system = device.system
        if found.role == "oscilloscope":
            system = system.model_copy(
                update={"connection": system.connection.model_copy(update={"recorder": found.address})}
            )
        else:
            system = system.model_copy(update={"address": found.address})
        self._put(Device(alias=device.alias, system=system))

    def _write(self) -> None:
        if self._sound:
            devices = list(self.devices)
            self._writer.run(partial(self._book.write, devices), lambda _: None)

    def _do(self, doing: str, work: Any, done: Any) -> None:
        self._busy_with(doing)
        self._background.run(work, done)

    def _busy_with(self, doing: str) -> None:
        self._doing = doing
        self.doing.emit(doing)
        self._enable()

    def _failed(self, reason: str) -> None:
        self._busy_with("")
        self._show()
        self.problem.emit(reason)

    def _ask(self) -> None:
        device = self.chosen
        assert device is not None
        both = (device.system.address, device.system.connection.recorder)
        asking = "An instrument is being asked who it is."
        self._do(asking, lambda: [identify(address) for address in both if address], self._identified)

    def _identified(self, found: list[Found]) -> None:
        self._busy_with("")
        self.view.show_identities(found)

    def _shoot(self) -> None:
        device = self.chosen
        assert device is not None

        def work() -> DeviceShot:
            from app.device_shot import take_shot

            return take_shot(device.system)

        self.view.begin()
        self._do("A test shot is in progress.", work, partial(self._shot, device))

    def _shot(self, device: Device, shot: DeviceShot) -> None:
        self._busy_with("")
        if self.chosen != device:  # another one is shown by now
            self._show()
            return
        met = {"model": shot.info.name[:200], "status": shot.info.status, "output_v": shot.output_v}
        self._put(device.model_copy(update=met))
        self.view.show_shot(shot)

    def _use(self) -> None:
        if self.chosen is not None:
            self.use_requested.emit(self.chosen)

    def _scan(self) -> None:
        self.buses.begin()
        self.scanner.start()
        self._enable()

    def _toggle_bench(self) -> None:
        if self.demo_bench.active:
            self.demo_bench.stop()
        else:
            self.demo_bench.start()
        self._enable()

    def _bench_ready(self, devices: list[Device]) -> None:
        self.demos = devices
        self._list(len(self.devices))
        self.met.emit()
        self.told.emit(Phrase("The demo bench is on: {count} instruments in the list.", count=len(devices)))

    def _bench_ended(self, reason: str) -> None:
        row = self.list.row
        self.demos = []
        self._list(row if row < len(self.devices) else 0)
        if reason:
            self.problem.emit(reason)

    def _connect(self) -> None:
        self.list.chosen.connect(self._show)
        self.form.edited.connect(self._put)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.bench.clicked.connect(self._toggle_bench)
        self.scan.clicked.connect(self._scan)
        self.ask.clicked.connect(self._ask)
        self.shoot.clicked.connect(self._shoot)
        self.use.clicked.connect(self._use)
        self.buses.taken.connect(self._take)
        self.scanner.reported.connect(self.buses.show_report)
        self.scanner.finished.connect(self._enable)
        self.demo_bench.ready.connect(self._bench_ready)
        self.demo_bench.ended.connect(self._bench_ended)
        self._background.failed.connect(self._failed)
        self._writer.failed.connect(self.problem.emit)
        self._settled.timeout.connect(self._write)
        self.form.problem_changed.connect(self._enable)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.title)
        buttons.addWidget(self.badge)
        buttons.addStretch(1)
        for button in (self.ask, self.shoot, self.use):
            buttons.addWidget(button)
        connected = QFrame()
        connected.setObjectName("panel")
        head = QHBoxLayout()
        head.addWidget(plain_label("On this computer"), 1)
        head.addWidget(self.scan)
        inner = QVBoxLayout(connected)
        inner.setContentsMargins(12, 8, 8, 8)
        inner.addLayout(head)
        inner.addWidget(self.buses, 1)
        right = QSplitter(Qt.Orientation.Vertical)
        right.setHandleWidth(8)
        right.addWidget(self.view)
        right.addWidget(connected)
        right.setSizes([360, 240])
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.form, 1)
        middle.addWidget(right, 1)
        body = QVBoxLayout()
        body.setContentsMargins(12, 12, 12, 12)
        body.setSpacing(12)
        body.addLayout(buttons)
        body.addLayout(middle, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        layout.addLayout(body, 1)
