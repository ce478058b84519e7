"""The circuit against solve_ivp at 1e-10, an ngspice transient of the same netlist, and its linear limit."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.signal import cont2discrete, dlsim

from core.physics import circuit
from core.physics.circuit import (
    DRIVE_V,
    FULL_SCALE_V,
    NOMINAL,
    RATE_HZ,
    CircuitModel,
    coefficients,
    reference,
    simulate,
)
from core.ports import SimulationDiverged


def factors(k_a_v2: float = NOMINAL.transconductance_a_v2, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    p = NOMINAL
    numbers = (p.inductance_h, p.capacitance_f, p.resistance_ohm, p.parallel_ohm, k_a_v2, p.threshold_v)
    return coefficients(*(torch.tensor(x, dtype=torch.float64) for x in numbers)).to(dtype)


def drives(batch: int, samples: int, amplitude_v: float = DRIVE_V, seed: int = 0) -> torch.Tensor:
    noise = torch.randn(batch, samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    smooth = torch.nn.functional.avg_pool1d(noise[:, None], 5, 1, 2)[:, 0]
    return (amplitude_v * smooth / smooth.abs().max()).clamp(-amplitude_v, amplitude_v)


def slope(_t: float, state: np.ndarray, u: float, k: float = NOMINAL.transconductance_a_v2) -> list[float]:
    """The equations of the data sheet in amperes and volts."""
    p = NOMINAL
    i, v = state
    drain = 0.5 * k * max(v - p.threshold_v, 0.0) ** 2
    return [
        (u - p.resistance_ohm * i - v) / p.inductance_h,
        (i - v / p.parallel_ohm - drain) / p.capacitance_f,
    ]


def integrated(drive_v: np.ndarray) -> np.ndarray:
    """Integrate one held sample after another."""
    state, out = np.zeros(2), []
    for u in drive_v:
        state = solve_ivp(slope, (0, 1 / RATE_HZ), state, args=(u,), rtol=1e-10, atol=1e-14).y[:, -1]
        out.append(state[1])
    return np.array(out)


def relative_error(ours: np.ndarray, reference: np.ndarray) -> float:
    return float(np.sqrt(np.mean((ours - reference) ** 2) / np.mean(reference**2)))


def test_it_agrees_with_solve_ivp():
    drive = drives(2, 400)
    ours = simulate(drive, factors()).numpy()
    for shot, answer in zip(drive.numpy(), ours, strict=True):
        reference = integrated(shot)
        assert reference.max() > NOMINAL.threshold_v + 0.5, "the drive has to turn the transistor on"
        assert relative_error(answer, reference) < 2e-4


def test_the_step_has_fourth_order(monkeypatch: pytest.MonkeyPatch):
    """Where the transistor is always on, the right-hand side is smooth: halving the step divides the error by 16."""
    drive = drives(1, 60) * 0 + 3.0 + 0.2 * torch.sin(torch.arange(60.0).double())[None]
    reference = integrated(drive[0].numpy())
    errors = []
    for sub_steps in (2, 4, 8):
        monkeypatch.setattr(circuit, "SUB_STEPS", sub_steps)
        answer = circuit.reference(drive, factors())[0].numpy()
        errors.append(np.abs(answer - reference).max())
    assert 11 < errors[0] / errors[1] < 22
    assert 11 < errors[1] / errors[2] < 22


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed (apt install ngspice)")
def test_it_agrees_with_an_ngspice_transient_of_the_same_netlist(tmp_path):
    p, samples, edge_s = NOMINAL, 300, 1e-9
    drive = drives(1, samples, seed=3)
    points, period = [], 1 / RATE_HZ
    for index, volt in enumerate(drive[0].tolist()):
        points += [f"{index * period + edge_s:.9e} {volt:.9f}", f"{(index + 1) * period:.9e} {volt:.9f}"]
    netlist = tmp_path / "loop.cir"
    netlist.write_text(
        f"""Transistor in an LRC loop
Vu in 0 PWL(0 0 {chr(10).join("+ " + point for point in points)[2:]})
R1 in a {p.resistance_ohm}
L1 a out {p.inductance_h} ic=0
C1 out 0 {p.capacitance_f} ic=0
Rp out 0 {p.parallel_ohm}
Vb bulk 0 -100
M1 out out 0 bulk square
.model square NMOS (LEVEL=1 VTO={p.threshold_v} KP={p.transconductance_a_v2} LAMBDA=0 GAMMA=0)
.options reltol=1e-6 abstol=1e-13 vntol=1e-9 method=gear maxord=4
.tran {period} {samples * period} 0 2e-8 uic
.control
run
linearize v(out)
wrdata {tmp_path / "out.txt"} v(out)
.endc
.end
"""
    )
    done = subprocess.run(["ngspice", "-b", str(netlist)], capture_output=True, text=True, timeout=120, check=False)
    assert (tmp_path / "out.txt").exists(), done.stdout + done.stderr
    time_s, volts = np.loadtxt(tmp_path / "out.txt", usecols=(0, 1)).T
    spice = np.interp((np.arange(samples) + 1) * period, time_s, volts)
    ours = simulate(drive, factors())[0].numpy()
    assert np.abs(spice).max() > 1.0
    assert relative_error(ours, spice) < 3e-3


def test_without_the_transistor_it_is_a_linear_filter():
    p, drive = NOMINAL, drives(1, 300)
    a = np.array([[-p.resistance_ohm / p.inductance_h, -1 / p.inductance_h], [1 / p.capacitance_f, 0.0]])
    a[1, 1] = -1 / (p.parallel_ohm * p.capacitance_f)
    system = (a, np.array([[1 / p.inductance_h], [0.0]]), np.array([[0.0, 1.0]]), np.array([[0.0]]))
    discrete = cont2discrete(system, 1 / RATE_HZ, method="zoh")
    _, out, _ = dlsim(discrete, np.append(drive[0].numpy(), 0.0))
    assert relative_error(simulate(drive, factors(k_a_v2=0.0))[0].numpy(), out[1:, 0]) < 2e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3, 31, 32, 33, 1000])
def test_the_compiled_kernel_is_the_plain_reference(batch: int, dtype: torch.dtype):
    drive, weights = drives(batch, 50, seed=batch).to(dtype), torch.randn(batch, 50, dtype=dtype)
    results = []
    for solver in (simulate, reference):
        u, f = drive.clone().requires_grad_(), factors(dtype=dtype).requires_grad_()
        v = solver(u, f)
        results.append((v.detach(), *torch.autograd.grad((v * weights).sum(), (u, f))))
    tolerance = 1e-11 if dtype == torch.float64 else 2e-4
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=tolerance, atol=tolerance * float(plain.abs().max()))


def test_second_derivatives_are_those_of_the_reference():
    drive, f = drives(2, 6, 3.0, seed=1), factors()
    probe = torch.randn(2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def curvature(solver) -> tuple[torch.Tensor, ...]:
        u, g = drive.clone().requires_grad_(), f.clone().requires_grad_()
        first = torch.autograd.grad((solver(u, g) ** 2).sum(), (u, g), create_graph=True)
        return torch.autograd.grad((first[0] * probe).sum() + first[1].sum(), (u, g))

    for ours, plain in zip(curvature(simulate), curvature(reference), strict=True):
        assert float(plain.abs().max()) > 0
        torch.testing.assert_close(ours, plain)


def test_gradients_agree_with_central_differences():
    model = CircuitModel()
    names = [item.name for item in model.fit_parameters]
    nominal = [torch.tensor(float(np.asarray(item.nominal)), dtype=torch.float64) for item in model.fit_parameters]
    ones = [torch.ones((), dtype=torch.float64, requires_grad=True) for _ in nominal]  # relative: SI values are tiny
    drive = (0.5 + drives(2, 16, 0.4, seed=5)).requires_grad_()

    def response(drive: torch.Tensor, *factors: torch.Tensor) -> torch.Tensor:
        values = {name: factor * value for name, factor, value in zip(names, factors, nominal, strict=True)}
        return model.response(values, drive)

    assert torch.autograd.gradcheck(response, (drive, *ones), eps=1e-6, atol=1e-8, rtol=1e-5)


def test_full_scale_is_where_the_digitiser_ends():
    values = {item.name: torch.as_tensor(item.nominal) for item in CircuitModel().fit_parameters}
    values["gain"] = torch.tensor(100.0)
    assert float(CircuitModel().response(values, torch.rand(2, 64)).abs().max()) == 1.0
    assert FULL_SCALE_V > DRIVE_V


def test_a_diverging_simulation_says_so():
    with pytest.raises(SimulationDiverged, match=r"at step \d+ of 200; step_coefficients .*Lower the drive"):
        simulate(drives(1, 200), factors(k_a_v2=1e9))
