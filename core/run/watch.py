"""When a run checks its twin's gradient on the device, and what it tells and records of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from torch import Tensor

from core.network.base import PhysicalNetwork
from core.phrase import Phrase, joined
from core.training.bench import Bench
from core.training.events import AlignmentChecked, Event, Message
from core.training.monitor import GradientMonitor
from core.training.state import exact

ADVICE = {
    "good": "",
    "usable": "",
    "poor": "Noise or a poor twin hides where the device's gradient points: calibrate with more shots.",
    "against": "The twin's gradient points away from the device's: calibrate again before you trust this training.",
}


class GradientWatch:
    """Checks at a training's start and end, and in between as often as its share of all shots allows.

    `rate_scale` is the lowest cosine of the last check, at least 0, of the layers that were told from noise: Adam's
    step does not depend on the gradient's size, so that the gain plays no part in it.
    """

    def __init__(self, monitor: GradientMonitor, network: PhysicalNetwork, bench: Bench, share: float) -> None:
        self._monitor, self._network, self._bench, self._share = monitor, network, bench, share
        self._shots = 0
        self._doubts = 0
        self.rate_scale = 1.0
        self.last: AlignmentChecked | None = None

    @property
    def due(self) -> bool:
        """Tell whether another check stays within the share."""
        return self._shots + self._monitor.shots_per_check(self._network) <= self._share * self._bench.shots

    @property
    def misaligned(self) -> bool:
        """Tell whether the twin's gradient points away, or was drowned by noise or errors twice in a row."""
        return self._doubts > 1

    def check(self, step: int, emit: Callable[[Event], None]) -> None:
        """Check now; tell the figures, and a message where the verdict has changed. Raises what the device raises."""
        purpose, self._bench.purpose = self._bench.purpose, "monitor"
        try:
            checked = self._monitor.check(self._network, step)
        finally:
            self._bench.purpose = purpose
        self._shots += checked.shots
        self._doubts = {"against": 2, "poor": self._doubts + 1}.get(checked.verdict, 0)
        told = [layer.cosine for layer in checked.layers if not math.isnan(layer.gain)]
        self.rate_scale = max(0.0, min(told, default=1.0))
        if self.last is None or self.last.verdict != checked.verdict:
            level = "warning" if ADVICE[checked.verdict] else "info"
            verdict = Phrase(checked.verdict)
            text = Phrase("Gradient alignment {cosine:.3f} ({verdict}).", cosine=checked.cosine, verdict=verdict)
            advice = ADVICE[checked.verdict]
            emit(Message(level, joined((text, Phrase(advice))) if advice else text))
        self.last = checked
        emit(checked)

    def state(self) -> dict[str, Tensor]:
        """Return what a resumed run needs."""
        numbers = {"shots": self._shots, "doubts": self._doubts, "rate_scale": self.rate_scale}
        return self._monitor.state() | {name: exact(value) for name, value in numbers.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raises KeyError or RuntimeError when it is not one."""
        self._monitor.restore(state)
        self._shots, self._doubts = int(state["shots"]), int(state["doubts"])
        self.rate_scale = float(state["rate_scale"])


def alignment_row(checked: AlignmentChecked) -> dict[str, float]:
    """Return the numbers of a check by name; those of a layer end in its number."""
    layers = {
        f"{name}_{layer.layer}": getattr(layer, name)
        for layer in checked.layers
        for name in ("cosine", "low", "high", "gain")
    }
    lowest = min(checked.layers, key=lambda layer: layer.cosine)
    whole = {"step": checked.step, "cosine": checked.cosine, "low": lowest.low, "high": lowest.high}
    return whole | {"drift": checked.drift, "noise_floor": checked.noise_floor, "shots": checked.shots} | layers
