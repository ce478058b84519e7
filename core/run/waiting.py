"""What a run does while it cannot go on: it holds, outputs safe, until there is room or the device answers again."""

from __future__ import annotations

import time

from core.phrase import Phrase, joined, numbered
from core.ports import DeviceError, DiskFull, Patient, PhysicalSystem
from core.training.control import ControlToken
from core.training.events import Listener, Message, PhaseChanged

ROOM_CHECK_S = 1.0
GLITCH_S = 1.0  # which a system may get over by itself, before anybody is told
FIRST_ATTEMPT_S, LONGEST_ATTEMPT_S = 0.5, 10.0
LOST = "{reason} The outputs are in their safe state. The run goes on with the same shots when it answers."


class Waiting:
    """Holds a run, and tells why; `phase` is what the run is in otherwise.

    A lost device is asked again after 0.5 s, then ever more seldom, for `reconnect_s`. After that a run that someone
    attends to is held until it is told to hurry, another one ends.
    """

    def __init__(
        self, system: PhysicalSystem, show: Listener, record: Listener, control: ControlToken, reconnect_s: float
    ) -> None:
        """Take who is shown the state of the moment, and who writes down what is worth a line in the log."""
        if isinstance(system, Patient):
            system.patience_s = min(system.patience_s, GLITCH_S)
        self._system, self._show, self._record = system, show, record
        self._control, self._reconnect_s = control, reconnect_s
        self.phase = PhaseChanged("connecting", Phrase("Connecting"))
        self._full = False
        self._lost_s: float | None = None
        self._pause_s = FIRST_ATTEMPT_S

    def for_room(self, full: DiskFull | None) -> None:
        """Hold until the write may succeed; None says that it did. Raises StopRequested."""
        if full is None:
            self._full = False
            self._show(self.phase)
            return
        self._system.safe_state()
        if not self._full:  # told once, however long it lasts
            self._full = True
            self._hold(Phrase("{reason} The run waits for room, and goes on by itself.", reason=str(full)))
        self._control.wait(ROOM_CHECK_S)

    def for_device(self, lost: DeviceError | None) -> None:
        """Hold until the same shots may be asked for again; None says that they were answered.

        Raises StopRequested, and what was lost where nobody can bring it back.
        """
        if lost is None:
            self._found()
            return
        self._system.safe_state()
        if self._system.info.status == "simulated":  # which no cable will bring back
            raise lost
        if self._lost_s is None:
            self._lost_s, self._pause_s = time.monotonic(), FIRST_ATTEMPT_S
            self._record(Message("warning", Phrase(LOST, reason=str(lost))))
        searching = time.monotonic() + self._pause_s - self._lost_s <= self._reconnect_s
        if not searching and not self._control.attended:
            raise lost
        advice = "Looking for it again …" if searching else "Press “Try now” when it is ready, or stop the run."
        self._hold(joined((str(lost), Phrase(advice))))
        self._control.wait(self._pause_s if searching else None)
        self._pause_s = min(2 * self._pause_s, LONGEST_ATTEMPT_S)

    def _found(self) -> None:
        if self._lost_s is not None:
            elapsed_s, self._lost_s = time.monotonic() - self._lost_s, None
            text = "{system} answers again after {elapsed_s:.0f} s; no shot was lost or counted twice."
            system = numbered(self._system.info.name)
            self._record(Message("info", Phrase(text, system=system, elapsed_s=elapsed_s)))
            self._show(self.phase)

    def _hold(self, text: str) -> None:
        self._show(PhaseChanged("waiting", text))
