"""A trained network as TorchScript: the twin in the device's place, to be run without this program."""

from __future__ import annotations

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.ports import DataError, OvertoneError, RunFileError
from core.run.checkpoint import read_checkpoint, weights_sha256
from core.run.setup import Setup

CHECKED_SAMPLES = 64
LARGEST_DIFFERENCE = 1e-3  # of the logits' spread


class TwinNetwork(nn.Module):
    """A network whose shots its twin answers."""

    def __init__(self, network: nn.Module, twin: nn.Module) -> None:
        super().__init__()
        self.network, self.twin = network, twin

    def forward(self, features: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch class"]:
        """Compute class scores (batch, class) from features (batch, feature) in [0, 1]."""
        return self.network(features, self.twin).logits


def export_network(setup: Setup, run: Path) -> bytes:
    """Return a run's final network as a file for `torch.jit.load`: features (batch, feature) in, logits out.

    Its extra file `metadata.json` says what it is. Equations run as their plain torch references. The script is
    compared with the network first. Raises RunFileError when the run has no final network or no twin, and DataError
    when the script cannot be made or differs.
    """
    whole = _load(setup, run)
    features = setup.task.test.features[:CHECKED_SAMPLES]
    script = _trace(whole, features, setup.system.info.name)
    with torch.no_grad():
        logits, found = whole(features), script(features)
    if not bool(logits.isfinite().all()):
        raise RunFileError(f"The final network of {run} answers with numbers that are not finite. Train it again.")
    difference = float((found - logits).abs().max() / logits.std())
    if not difference <= LARGEST_DIFFERENCE:
        raise DataError(
            f"The TorchScript of {run} answers {difference:.2g} of the logits' spread away from the network: "
            f"{setup.system.info.name} computes what a trace does not hold. It is not written."
        )
    described = {"metadata.json": json.dumps(_metadata(setup, run, whole, difference))}
    return script.save_to_buffer(_extra_files=described)


def _load(setup: Setup, run: Path) -> TwinNetwork:
    if not (run / "checkpoints" / "final.safetensors").is_file():
        raise RunFileError(f"{run} has no final network yet. Go on with its training: overtone resume {run}")
    checkpoint = read_checkpoint(run, "final")
    if not checkpoint.part("twin"):
        raise RunFileError(
            f"{run} has no twin to stand for the device: its estimator, {setup.experiment.training.estimator!r}, needs "
            "none. Train with training.estimator=pat."
        )
    twin = setup.build_twin()
    checkpoint.load_into(setup.network, "network")
    checkpoint.load_into(twin, "twin")
    return TwinNetwork(setup.network, twin).requires_grad_(False).eval()


def _trace(whole: TwinNetwork, features: Tensor, system: str) -> torch.jit.ScriptModule:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a trace takes for constant; the comparison is the check
            traced = torch.jit.trace(whole, features[:2], check_trace=False)
            assert isinstance(traced, torch.jit.ScriptModule)
            return torch.jit.freeze(traced)
    except OvertoneError:
        raise
    except Exception as error:  # a plug-in's equations may do anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(f"{system} cannot be written as TorchScript: {reason}") from None


def _metadata(setup: Setup, run: Path, whole: TwinNetwork, difference: float) -> dict[str, object]:
    task, experiment, info = setup.task, setup.experiment, setup.system.info
    return {
        "run": run.resolve().name,
        "title": experiment.title,
        "task": task.title,
        "classes": list(task.classes),
        "features": list(task.feature_names),
        "system": info.name,
        "serial_number": info.serial_number,
        "estimator": experiment.training.estimator,
        "seed": experiment.seed,
        "twin": experiment.calibration.twin,
        "weights_sha256": weights_sha256(whole.network),
        "twin_sha256": weights_sha256(whole.twin),
        "checked_samples": len(task.test.features[:CHECKED_SAMPLES]),
        "largest_difference_of_spread": difference,
        "versions": {name: version(name) for name in ("overtone", "torch")},
    }
