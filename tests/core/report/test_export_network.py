"""An exported network answers as the run's own does, in a process that has torch and nothing of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from app.compose import compose
from core.ports import DataError, RunFileError
from core.report.export import export_run
from core.report.export_network import export_network
from core.run.checkpoint import weights_sha256
from core.run.folder import RunFolder
from core.run.setup import Setup
from core.run.spec import load_experiment
from tests.core.run.test_session import setup as square_setup

ALONE = """
import sys
sys.path.append(sys.argv[1])
import torch
torch.set_num_threads(1)
described = {"metadata.json": ""}
network = torch.jit.load(sys.argv[2], _extra_files=described)
samples = torch.load(sys.argv[3], weights_only=True)
with torch.no_grad():
    logits = torch.cat([network(part) for part in samples.split(150)])
torch.save(logits, sys.argv[4])
assert not {"core", "app", "numba"} & set(sys.modules)
print(described["metadata.json"].decode())
"""
PRESETS = {
    "quick": [],
    "quick, standardised": ["network.standardise=true", "network.skip=false"],
    "quick, neural twin": ["calibration.twin=neural"],
    "circuit-mnist": ["network.branches=1"],
    "plate-mnist": [],
    "pendula-mnist": [],
    "shg-mnist-hybrid": ["network.layers=2"],
}


def trained(out: Path, setup: Setup, seed: int = 5) -> tuple[Path, torch.nn.Module]:
    """Make a run's folder with a final network, levelled and with a twin off its data sheet; return the twin too."""
    twin = setup.build_twin()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in twin.parameters():
            value += 0.3 * torch.randn(value.shape, generator=generator)
    setup.network.prepare(setup.task.train.features[:128], twin)
    folder = RunFolder.create(out, setup.experiment)
    parts = {"network": setup.network, "twin": twin}
    tensors = {f"{part}.{name}": value for part in parts for name, value in parts[part].state_dict().items()}
    folder.save_checkpoint("final", tensors, {})
    folder.close()
    return folder.path, twin


def answered_alone(network: Path, features: Tensor, folder: Path) -> tuple[Tensor, dict[str, object]]:
    torch.save(features, folder / "features.pt")
    packages = str(Path(torch.__file__).parents[1])
    files = [str(folder / "features.pt"), str(folder / "logits.pt")]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE, packages, str(network), *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return torch.load(folder / "logits.pt", weights_only=True), json.loads(done.stdout)


@pytest.mark.parametrize("name", PRESETS)
def test_the_twin_answers_alike_without_this_program(tmp_path, name):
    setup = compose(load_experiment(name.split(",")[0], PRESETS[name]))
    run, twin = trained(tmp_path, setup)
    (file,) = export_run(run, ["torchscript"], compose)
    assert file == run / "export" / "network.pt"
    features = setup.task.test.features[:301]
    found, told = answered_alone(file, features, tmp_path)
    with torch.no_grad():
        logits = setup.network(features, twin).logits
    assert logits.std() > 0.1
    assert (found - logits).abs().max() < 1e-3 * logits.std()
    assert (found.argmax(1) == logits.argmax(1)).float().mean() >= 0.999
    assert told["run"] == run.name
    assert told["classes"] == list(setup.task.classes)
    assert len(told["features"]) == features.shape[1]
    assert told["serial_number"] == 1
    assert told["weights_sha256"] == weights_sha256(setup.network)


def test_a_run_without_a_twin_is_refused(tmp_path):
    setup = compose(load_experiment("quick", ["training.estimator=ideal"]))
    folder = RunFolder.create(tmp_path, setup.experiment)
    network = {f"network.{name}": value for name, value in setup.network.state_dict().items()}
    folder.save_checkpoint("final", network, {})
    folder.close()
    with pytest.raises(RunFileError, match="has no twin to stand for the device: its estimator, 'ideal'"):
        export_network(setup, folder.path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    run, _ = trained(tmp_path, compose(load_experiment("quick")))
    with pytest.raises(RunFileError, match="cannot be used"):
        export_network(compose(load_experiment("quick", ["network.layers=3"])), run)


class Forked(torch.nn.Module):
    """A twin that answers few shots otherwise than many, which a trace of few cannot know."""

    def __init__(self, twin: torch.nn.Module) -> None:
        super().__init__()
        self.twin = twin

    def forward(self, drive: Tensor, *shared: Tensor) -> Tensor:
        return self.twin(drive, *shared) * (1 if len(drive) > 2 else 2)

    def load_state_dict(self, *arguments, **options):
        return self.twin.load_state_dict(*arguments, **options)


class Broken(Forked):
    """A twin that does not answer."""

    def forward(self, drive: Tensor, *shared: Tensor) -> Tensor:
        raise ZeroDivisionError("no\nanswer")


@pytest.mark.parametrize(
    ("kind", "message"),
    [(Forked, "computes what a trace does not hold"), (Broken, "cannot be written as TorchScript: no$")],
)
def test_a_twin_that_a_trace_does_not_hold_is_refused(tmp_path, monkeypatch, kind, message):
    parts = square_setup()
    run, twin = trained(tmp_path, parts)
    monkeypatch.setattr(Setup, "build_twin", lambda _: kind(twin))
    with pytest.raises(DataError, match=message) as caught:
        export_network(parts, run)
    assert len(str(caught.value).splitlines()) == 1
