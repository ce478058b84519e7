"""What a run ends with: its result, where it comes from, and the arrays from which a report is drawn."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.network.base import PhysicalNetwork
from core.ports import PhysicalSystem, SystemInfo
from core.run.checkpoint import weights_sha256
from core.run.folder import RunFolder
from core.run.setup import Setup
from core.task.baselines import baselines
from core.task.dataset import Task
from core.task.statistics import wilson_interval
from core.training.bench import Bench
from core.training.trainer import Score
from core.twin.shots import Shots

OVERLAID_SHOTS = 8


def make_result(
    setup: Setup, run: str, measured: Score, believed: Score, *, bench: Bench, wall_s: float
) -> dict[str, Any]:
    """Return what a run reached and what it has to be compared with, as plain data."""
    experiment, task, network = setup.experiment, setup.task, setup.network
    controls = network.digital.parameters + network.physical_parameters
    return {
        "run": run,
        "preset": experiment.name,
        "estimator": experiment.training.estimator,
        "task": task.name,
        "seed": experiment.seed,
        "serial_number": setup.system.info.serial_number,
        "test_accuracy": measured.accuracy,
        "test_count": measured.total,
        "test_interval95": list(wilson_interval(measured.correct, measured.total)),
        "twin_belief": believed.accuracy,
        "baselines": [asdict(item) for item in baselines(task, parameters=controls, seed=experiment.seed)],
        "digital_parameters": network.digital.parameters,
        "digital_macs": network.digital.macs,
        "physical_parameters": network.physical_parameters,
        "physical_layers": network.physical_layers,
        "shots_per_inference": network.shots_per_inference,
        "device_passes": bench.shots,
        "device_s": bench.device_s,
        "weights_sha256": weights_sha256(network),
        "wall_s": wall_s,
        "peak_memory_mb": peak_memory_mb(),
    }


def record_system(folder: RunFolder, info: SystemInfo) -> None:
    """Write the facts of the system and its axes. Raises RunFileError."""
    facts = {
        "kind": info.kind,
        "name": info.name,
        "status": info.status,
        "serial_number": info.serial_number,
        "shot_s": info.shot_s,
        "drive_label": info.drive_label,
        "drive_unit": info.drive_unit,
        "drive_quantity": info.drive_axis.quantity,
        "drive_axis_unit": info.drive_axis.unit,
        "response_label": info.response_label,
        "response_unit": info.response_unit,
        "response_quantity": info.response_axis.quantity,
        "response_axis_unit": info.response_axis.unit,
    }
    axes = {"drive_axis": info.drive_axis.values, "response_axis": info.response_axis.values}
    folder.put("system", axes, {"NX_class": "NXinstrument"} | facts)


def record_twin(folder: RunFolder, twin: Callable[..., Tensor], shots: Shots, error: float) -> None:
    """Write how the twin answers the last of the calibration's shots, beside what was measured. Raises RunFileError."""
    batch = shots.batches[-1]
    few = slice(0, OVERLAID_SHOTS)
    with torch.no_grad():
        predicted = twin(batch.drives[few], *batch.parameters)
    arrays = {"drive": batch.drives[few], "measured": batch.responses[few], "predicted": predicted}
    plain = {name: value.detach().cpu().numpy() for name, value in arrays.items()}
    facts = {"NX_class": "NXdata", "signal": "measured", "shots": len(shots), "held_out_error": error}
    folder.put("twin", plain, facts)


def record_answers(folder: RunFolder, task: Task, measured: Score, believed: Score) -> None:
    """Write the class of every test sample and the one that device and twin chose. Raises RunFileError."""
    arrays = {"label": task.test.labels, "chosen": measured.chosen, "believed": believed.chosen}
    plain = {name: value.cpu().numpy() for name, value in arrays.items()}
    folder.put("test", plain, {"NX_class": "NXdata", "signal": "chosen", "classes": list(task.classes)})


def record_examples(folder: RunFolder, network: PhysicalNetwork, task: Task, bench: Bench) -> None:
    """Write the way of the first test sample of each class through all shots. Raises what the device and disk raise."""
    labels = task.test.labels
    firsts = [
        int((labels == index).nonzero()[0]) for index in range(len(task.classes)) if bool((labels == index).any())
    ]
    if not firsts:
        return
    drives, responses = list[np.ndarray](), list[np.ndarray]()

    def shoot(drive: Tensor, *parameters: Tensor) -> Tensor:
        response = bench.measure(drive, *parameters)
        drives.append(drive.cpu().numpy().reshape(len(firsts), -1, drive.shape[1]))
        responses.append(response.cpu().numpy().reshape(len(firsts), -1, response.shape[1]))
        return response

    with torch.no_grad():
        bench.begin_batch()
        logits = network(task.test.features[firsts], shoot).logits
    folder.put(
        "examples",
        {
            "features": task.test.features[firsts].numpy(),
            "label": labels[firsts].numpy(),
            "logits": logits.cpu().numpy(),
            "drive": np.concatenate(drives, 1),
            "response": np.concatenate(responses, 1),
        },
        {"NX_class": "NXdata", "signal": "response", "image_shape": list(task.image_shape or ())},
    )


def provenance(system: PhysicalSystem) -> dict[str, object]:
    """Tell which device, software and machine a result comes from."""
    packages = {name: version(name) for name in ("overtone", "numpy", "torch", "numba", "scipy")}
    return {
        "system": system.snapshot(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
    }


def peak_memory_mb() -> float | None:
    """Return the peak resident memory of this process in MB (10^6 bytes), None where the platform cannot tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
