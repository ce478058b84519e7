"""One run from calibration to the result, in the worker's thread, begun or gone on with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from core.calibration.excitation import middle_parameters
from core.network.base import Shoot
from core.phrase import Phrase, numbered
from core.physics.kernels.pool import set_threads
from core.ports import Ageing, DeviceError, DifferentiableSystem, Resumable, RunFileError
from core.run.calibrating import Calibrating
from core.run.checkpoint import Checkpoint, read_checkpoint, weights_sha256
from core.run.folder import RunFolder
from core.run.guard import Guard
from core.run.journal import ShotJournal
from core.run.outcome import make_result, provenance, record_answers, record_examples, record_system
from core.run.random_state import random_state, restore_random_state
from core.run.setup import Setup
from core.run.upkeep import TwinUpkeep
from core.run.waiting import Waiting
from core.run.watch import GradientWatch, alignment_row
from core.training.bench import Bench
from core.training.control import ControlToken, StopRequested
from core.training.estimators import spsa
from core.training.events import (
    AlignmentChecked,
    CalibrationPoint,
    EpochDone,
    Event,
    Finished,
    Listener,
    Message,
    NetworkPrepared,
    Phase,
    PhaseChanged,
    RunOpened,
    StepDone,
    Stopped,
)
from core.training.monitor import GradientMonitor
from core.training.trainer import Trainer, count_answers, evaluate
from core.twin.adapter import adaptable
from core.twin.jacobian import jacobian_at

PREPARING_SAMPLES = 256
CHECKPOINT_S = 20.0  # what is at most computed again after an interruption, besides an epoch's validation
EPOCH_CHECKPOINT_S = 2.0  # at the end of an epoch, so that short ones are not all spent on waiting for the disk
LATEST = "latest"
MOST_DERIVATIVES = 4_000_000  # of a Jacobian that is worth its time and memory before a training


def run_experiment(
    setup: Setup,
    folder: RunFolder,
    listener: Listener,
    control: ControlToken,
    *,
    threads: int = 1,
    checkpoint: Checkpoint | None = None,
) -> None:
    """Calibrate, train, evaluate and record; end with a Finished or a Stopped event, outputs safe on every path.

    With a checkpoint the run goes on from there. `threads` bounds what simulators and twins use of the machine; the
    result does not depend on it. Raises what the device, the data or the disk raise.
    """
    torch.set_num_threads(1)  # the kernels' own threads, over blocks of shots, are the better ones
    set_threads(threads)
    try:
        run = _Run(setup, folder, listener, control)
        run.perform(checkpoint)
    except StopRequested:
        folder.wait_for_room = None
        with suppress(RunFileError):
            if control.stopping:  # else it has paused itself, and said so
                folder.log("warning", "Stopped by the user.")
        listener(Stopped(str(folder.path)))
    except Exception as error:
        folder.wait_for_room = None
        with suppress(RunFileError):  # where the disk is what failed
            folder.log("error", f"{type(error).__name__}: {error}")
        raise
    finally:
        setup.system.safe_state()
        folder.close()


def resume_experiment(setup: Setup, path: Path, listener: Listener, control: ControlToken, *, threads: int = 1) -> None:
    """Go on with an interrupted run as if nothing had happened. Raises RunFileError, and as `run_experiment` does."""
    folder = RunFolder.reopen(path)
    try:
        with folder.guarded():
            finished = "result" in folder.entry.attrs
        if finished:
            raise RunFileError(f"{path} is finished. Measure its network again with: overtone evaluate {path}")
        saved = path / "checkpoints" / f"{LATEST}.safetensors"
        checkpoint = read_checkpoint(path, LATEST) if saved.is_file() else None
        if checkpoint is not None and not checkpoint.facts:
            raise RunFileError(
                f"{path} is of a version of Overtone that could not go on with runs. "
                f"Train it again: overtone run {path / 'experiment.toml'}"
            )
        folder.migrate()
    except RunFileError:
        folder.close()
        raise
    run_experiment(setup, folder, listener, control, threads=threads, checkpoint=checkpoint)


class _Run:
    def __init__(self, setup: Setup, folder: RunFolder, listener: Listener, control: ControlToken) -> None:
        self._setup, self._folder, self._control = setup, folder, control
        self._listener = listener
        self._experiment = setup.experiment
        self._journal = ShotJournal(folder, setup.system.info, setup.experiment.journal)
        self._waiting = Waiting(
            setup.system, listener, self._emit, control, self._experiment.system.connection.reconnect_s
        )
        self._bench = Bench(setup.system, self._emit, self._journal, self._wait_for_device)
        self._calibrating = Calibrating(setup, self._bench, folder, control, self._emit)
        self._twin: nn.Module | None = None
        self._trainer: Trainer | None = None
        self._watch: GradientWatch | None = None
        self._guard: Guard | None = None
        self._upkeep: TwinUpkeep | None = None
        self._steps = 0
        self._start_s = self._saved_s = time.perf_counter()
        control.on_hold = setup.system.safe_state
        folder.wait_for_room = self._waiting.for_room

    def perform(self, checkpoint: Checkpoint | None) -> None:
        setup, experiment = self._setup, self._experiment
        network, task = setup.network, setup.task
        self._emit(RunOpened(str(self._folder.path)))
        record_system(self._folder, setup.system.info)
        if checkpoint is None:
            self._align_records(lengths={}, calls=0)
            ideal = self._ideal()
            twin = self._taken(self._calibrating.new_twin()) if ideal is None else ideal
            if experiment.calibration.age_h and isinstance(setup.system, Ageing):
                setup.system.age(experiment.calibration.age_h)
            features = task.train.features
            network.prepare(features[:: max(1, len(features) // PREPARING_SAMPLES)], twin)
        else:
            twin = self._restored_twin(checkpoint)
        share = experiment.training.monitor_share
        if share and self._twin is not None:
            info, features = setup.system.info, task.train.features
            monitor = GradientMonitor(self._bench.measure_unseen, twin, info, features, seed=experiment.seed)
            self._watch = GradientWatch(monitor, network, self._bench, share)
        self._emit(self._prepared(twin))
        measure = self._bench.measure if self._upkeep is None else self._upkeep.watching(self._bench.measure)
        route, fallback = (each(measure, twin, setup.system) for each in (setup.estimator, spsa))
        self._trainer = Trainer(
            network,
            route,
            task,
            experiment.training,
            self._bench,
            seed=experiment.seed,
            listener=self._emit,
            control=self._control,
            on_step=self._after_step,
            on_epoch=self._after_epoch,
        )
        if self._watch is not None:
            action = experiment.training.on_misalignment
            self._guard = Guard(self._watch, self._trainer, fallback, action, refit=self._refit, pause=self._pause)
        if checkpoint is None:
            if self._guard is not None:
                self._guard.check(0, self._emit)
            self._save()
        else:
            self._restore(checkpoint, self._trainer)
        self._enter("training", "Training with {estimator}", estimator=Phrase(experiment.training.estimator))
        try:
            self._trainer.run()
        except StopRequested:
            self._folder.wait_for_room = None
            if self._trainer.between_steps:  # else the last checkpoint serves, and the journal
                with suppress(RunFileError):
                    self._save()
            raise
        if self._watch is not None:
            self._watch.check(self._steps, self._emit)
        self._folder.save_checkpoint("final", self._weights(), {})
        self._enter("evaluating", "Measuring the test set on {system}", system=numbered(setup.system.info.name))
        self._bench.purpose = "test"
        measured = evaluate(network, task.test, self._bench.measure, self._bench, self._control)
        self._emit(count_answers("test", task.test, measured, len(task.classes)))
        believed = evaluate(network, task.test, twin, self._bench, self._control)
        record_answers(self._folder, task, measured, believed)
        record_examples(self._folder, network, task, self._bench)
        wall_s = time.perf_counter() - self._start_s
        result = make_result(setup, self._folder.path.name, measured, believed, bench=self._bench, wall_s=wall_s)
        if self._watch is not None and self._watch.last is not None:
            result["alignment_cosine"], result["verdict"] = self._watch.last.cosine, self._watch.last.verdict
        told = {} if self._twin is None else {"twin": {"sha256": weights_sha256(self._twin)}}
        self._folder.save_result(result, provenance(setup.system) | told)
        self._emit(Finished(result, str(self._folder.path)))

    def _prepared(self, twin: Shoot) -> NetworkPrepared:
        windows, info = self._setup.network.windows, self._setup.system.info
        jacobian = None
        if info.drive_dim * info.response_dim <= MOST_DERIVATIVES:
            jacobian = jacobian_at(twin, torch.full((info.drive_dim,), 0.5), middle_parameters(info)).numpy()
        return NetworkPrepared(jacobian, None if windows is None else windows.numpy().copy())

    def _ideal(self) -> Shoot | None:
        """Return the device's own derivative where that is what the run trains with."""
        system = self._setup.system
        if self._experiment.training.estimator == "ideal" and isinstance(system, DifferentiableSystem):
            return system.ideal_response
        return None

    def _taken(self, twin: nn.Module) -> nn.Module:
        """Freeze the twin, but for what of it is refined while the network trains."""
        if every := self._experiment.training.refine:
            twin = adaptable(twin, self._setup.system.info, seed=self._experiment.seed)
            self._upkeep = TwinUpkeep(twin, every, self._folder)
        self._twin = twin.requires_grad_(False)
        return twin

    def _after_step(self) -> None:
        assert self._trainer is not None
        hours, system = self._experiment.training.hours, self._setup.system
        if hours and isinstance(system, Ageing):
            system.age(hours / self._trainer.steps)
        if self._upkeep is not None:
            self._upkeep.after_step(self._trainer.step, self._emit)
        self._save_if_older(CHECKPOINT_S)

    def _after_epoch(self, done: EpochDone) -> None:
        self._folder.record("epochs", done)
        if self._guard is not None and self._watch is not None and self._watch.due and done.epoch < done.epochs:
            self._guard.check(self._steps, self._emit)
        self._save_if_older(EPOCH_CHECKPOINT_S)

    def _refit(self) -> None:
        assert self._twin is not None
        self._calibrating.fit_again(self._twin, self._steps)

    def _pause(self) -> None:
        self._tell("The run pauses here; gone on with, it trusts the twin until the next check.")
        self._save()
        raise StopRequested

    def _save_if_older(self, seconds: float) -> None:
        if time.perf_counter() - self._saved_s > seconds:
            self._save()

    def _enter(self, phase: Phase, text: str, **values: object) -> None:
        self._emit(PhaseChanged(phase, Phrase(text, **values)))

    def _tell(self, text: str, **values: object) -> None:
        self._emit(Message("info", Phrase(text, **values)))

    def _emit(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self._steps = event.step
            self._folder.record("steps", event)
        elif isinstance(event, AlignmentChecked):
            self._folder.append("alignment", alignment_row(event))
            if self._upkeep is not None:
                self._upkeep.heed(event)
        elif isinstance(event, CalibrationPoint):
            self._folder.record("calibration", event)
        elif isinstance(event, Message):
            self._folder.log(event.level, event.text)
        elif isinstance(event, PhaseChanged):
            self._waiting.phase = event
            self._folder.log("info", event.text)
        self._listener(event)

    def _weights(self) -> dict[str, Tensor]:
        twin = {} if self._twin is None else self._twin.state_dict()
        return _named("network", self._setup.network.state_dict()) | _named("twin", twin)

    def _save(self) -> None:
        """Write down all that the run goes on from; without a way to restore the device, it has to stay as it is."""
        assert self._trainer is not None
        system = self._setup.system
        device = system.state() if isinstance(system, Resumable) else {}
        tensors = self._weights() | _named("trainer", self._trainer.state()) | _named("bench", self._bench.state())
        tensors |= _named("device", device) | _named("random", random_state())
        tensors |= {} if self._watch is None else _named("watch", self._watch.state())
        tensors |= {} if self._upkeep is None else _named("upkeep", self._upkeep.state())
        self._folder.commit(durable=True)
        facts = {"lengths": self._folder.lengths(), "wall_s": time.perf_counter() - self._start_s}
        self._folder.save_checkpoint(LATEST, tensors, facts)
        self._saved_s = time.perf_counter()

    def _restored_twin(self, checkpoint: Checkpoint) -> Shoot:
        if (ideal := self._ideal()) is not None:
            return ideal
        twin = self._taken(self._setup.build_twin())
        checkpoint.load_into(twin, "twin")
        return twin

    def _restore(self, checkpoint: Checkpoint, trainer: Trainer) -> None:
        checkpoint.load_into(self._setup.network, "network")
        system = self._setup.system
        try:
            if self._watch is not None and self._guard is not None:
                self._watch.restore(checkpoint.part("watch"))
                self._guard.heed()
            trainer.restore(checkpoint.part("trainer"))
            self._bench.restore(checkpoint.part("bench"))
            if self._upkeep is not None:
                self._upkeep.restore(checkpoint.part("upkeep"))
            if isinstance(system, Resumable):
                system.restore(checkpoint.part("device"))
            restore_random_state(checkpoint.part("random"))
            lengths, wall_s = dict(checkpoint.facts["lengths"]), float(checkpoint.facts["wall_s"])
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise checkpoint.unusable(error) from None
        self._start_s = time.perf_counter() - wall_s
        self._align_records(lengths=lengths, calls=int(self._bench.state()["calls"]))
        self._steps = lengths.get("steps", 0)
        self._tell("Going on after step {step}, {wall_s:.0f} s into the run.", step=self._steps, wall_s=wall_s)

    def _align_records(self, *, lengths: Mapping[str, int], calls: int) -> None:
        """Let the records end where the run goes on; what a real device has answered since is not measured again."""
        self._folder.cut(lengths)
        if isinstance(self._setup.system, Resumable):
            self._journal.forget_after(calls)
        elif answered := self._journal.remember_after(calls):
            self._tell("{count} calls of the device are read from the journal.", count=answered)

    def _wait_for_device(self, lost: DeviceError | None) -> None:
        """Hold a run whose device was lost; what it goes on from is on the disk: a checkpoint and all calls since."""
        if lost is not None:
            self._folder.commit(durable=True)
        try:
            self._waiting.for_device(lost)
        except DeviceError as error:
            raise type(error)(f"{error} When it is back: overtone resume {self._folder.path}") from error


def _named(part: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{part}.{name}": value for name, value in state.items()}
