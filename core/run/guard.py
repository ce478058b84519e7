"""What a run does about a twin whose gradient a check finds wrong."""

from __future__ import annotations

from collections.abc import Callable

from core.phrase import Phrase
from core.run.watch import GradientWatch
from core.training.estimators import Route
from core.training.events import Event, Message
from core.training.settings import OnMisalignment
from core.training.trainer import Trainer


class Guard:
    """Lets the trainer go on as the last check says, or calls `refit` or `pause`; all it remembers is the watch's."""

    def __init__(
        self,
        watch: GradientWatch,
        trainer: Trainer,
        fallback: Route,
        action: OnMisalignment,
        *,
        refit: Callable[[], None],
        pause: Callable[[], None],
    ) -> None:
        self._watch, self._trainer, self._action = watch, trainer, action
        self._usual, self._fallback = trainer.route, fallback
        self._refit, self._pause = refit, pause

    def check(self, step: int, emit: Callable[[Event], None]) -> None:
        """Check the gradient and act on what is found. Raises what the device, `refit` and `pause` raise."""
        trusted = not self._watch.misaligned
        self._watch.check(step, emit)
        self.heed()
        wrong = self._watch.misaligned
        if self._action == "refit" and wrong:
            self._refit()
        elif self._action == "pause" and wrong:
            self._pause()
        elif self._action == "spsa" and wrong and trusted:
            text = Phrase("Gradients are measured on the device from now on, with three passes for each shot.")
            emit(Message("info", text))
        elif self._action == "spsa" and not wrong and not trusted:
            emit(Message("info", Phrase("The twin's gradient is trusted again.")))

    def heed(self) -> None:
        """Choose the trainer's route and the size of its steps by the last check."""
        falls_back = self._action == "spsa" and self._watch.misaligned
        self._trainer.change_route(self._fallback if falls_back else self._usual)
        self._trainer.rate_scale = self._watch.rate_scale if self._action == "scale" else 1.0
