"""The circuit against C++ by hand, JAX, torch loops and two packages for differential equations."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.bench.harness import Contest, Work
from core.physics.circuit import DRIVE_V, KERNEL, NOMINAL, SAMPLES, SUB_STEPS, coefficients, reference, simulate
from core.physics.kernels.circuit import COEFFICIENTS, LANES

Gradients = tuple[Tensor, Tensor, Tensor]
"""Response (batch, sample), gradients of the drive (batch, sample) and of the coefficients (7,)."""

SOURCE = Path(__file__).resolve().parents[2] / "tests" / "benchmarks" / "circuit.cpp"
COMPILER_OPTIONS = ("-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC")
SCALING = {"circuit": ("batch", "samples", "layers")}
FINER = 8  # how much finer the steps of the solution are that all are compared with


def contests() -> list[Contest]:
    """Pit the kernel against whoever is installed, forward and all gradients."""
    torch.set_num_threads(1)
    found: list[Contest] = []
    for batch, torch_goals, jax_goals in ((64, (800, 1500), (8, 15)), (1024, (120, 250), (3, 5))):
        voltage, cotangent, factors = _problem(batch, SAMPLES)
        exact = _exact(voltage, cotangent, factors)
        ours = partial(_differentiate, simulate, voltage, factors, cotangent)
        native = compiled_by_hand()
        if native is not None:
            title, theirs = f"C++ by hand, kernels, batch {batch}", partial(native, voltage, factors, cotangent)
            bare = partial(_kernels_alone, voltage, factors, cotangent)  # neither side builds a graph
            errors = _error(bare(), exact), _error(theirs(), exact)
            found.append(Contest("circuit", title, bare, theirs, 1 / 1.5, 1 / 1.1, *errors))
        rivals: list[tuple[str, Callable[[], Gradients], tuple[float, float]]] = []
        rivals.append(("torch loop", partial(_differentiate, reference, voltage, factors, cotangent), torch_goals))
        if find_spec("jax") is not None:
            rivals.append(("JAX scan, checkpointed", _jax(voltage, factors, cotangent), jax_goals))
        if batch == 64 and find_spec("torchdiffeq") is not None:
            solver = partial(_differentiate, _torchdiffeq, voltage, factors, cotangent)
            rivals.append(("torchdiffeq rk4", solver, torch_goals))
        if batch == 64 and find_spec("diffrax") is not None:
            rivals.append(("diffrax RK4", _diffrax(voltage, factors, cotangent), (100, 200)))
        error = _error(ours(), exact)
        for name, theirs, (goal, aim) in rivals:
            title = f"{name}, batch {batch}"
            found.append(Contest("circuit", title, ours, theirs, goal, aim, error, _error(theirs(), exact)))
    return found


def workload(batch: int, samples: int) -> Work:
    """Return one forward and backward pass of the kernel."""
    voltage, cotangent, factors = _problem(batch, samples)
    return partial(_differentiate, simulate, voltage, factors, cotangent)


def deep_workload(layers: int) -> Work:
    """Return one forward and backward pass of a chain: each layer is driven by the response of the one before."""
    voltage, cotangent, factors = _problem(64, SAMPLES)

    def chain(u: Tensor, f: Tensor) -> Tensor:
        for _ in range(layers):
            u = simulate(u, f)
        return u

    return partial(_differentiate, chain, voltage, factors, cotangent)


def compiled_by_hand() -> Callable[[Tensor, Tensor, Tensor], Gradients] | None:
    """Compile the C++ reference with the system's compiler; None without compiler or source."""
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None or not SOURCE.is_file():
        return None
    folder = tempfile.mkdtemp(prefix="overtone-bench-")
    library = Path(folder) / "circuit.so"
    subprocess.run([compiler, *COMPILER_OPTIONS, "-o", str(library), str(SOURCE)], check=True, timeout=120)
    native = ctypes.CDLL(str(library))
    shutil.rmtree(folder)

    def run(voltage: Tensor, factors: Tensor, cotangent: Tensor) -> Gradients:
        batch, samples = voltage.shape
        response, gradient = np.empty((2, batch, samples), np.float32)
        states = np.empty((-(-batch // int(LANES)), samples, 2, int(LANES)), np.float32)
        total = np.zeros(COEFFICIENTS, np.float32)
        drive, values, incoming = voltage.numpy(), factors.numpy(), cotangent.numpy()
        sizes = ctypes.c_long(batch), ctypes.c_long(samples)
        native.forward(*map(_address, (drive, values, response, states)), *sizes)
        native.backward(*map(_address, (drive, values, states, incoming, gradient, total)), *sizes)
        return torch.from_numpy(response), torch.from_numpy(gradient), torch.from_numpy(total)

    return run


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _problem(batch: int, samples: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw drive and cotangent (batch, sample), and take the data sheet's coefficients (7,)."""
    generator = torch.Generator().manual_seed(batch)
    voltage = DRIVE_V * (2 * torch.rand(batch, samples, generator=generator) - 1)
    p = NOMINAL
    values = (p.inductance_h, p.capacitance_f, p.resistance_ohm, p.parallel_ohm, p.transconductance_a_v2)
    numbers = [torch.tensor(value, dtype=torch.float64) for value in (*values, p.threshold_v)]
    return voltage, torch.randn(batch, samples, generator=generator), coefficients(*numbers).float()


def _differentiate(
    solver: Callable[[Tensor, Tensor], Tensor], voltage: Tensor, factors: Tensor, cotangent: Tensor
) -> Gradients:
    u, f = voltage.detach().requires_grad_(), factors.detach().requires_grad_()
    response = solver(u, f)
    return response.detach(), *torch.autograd.grad(response, (u, f), cotangent)  # pyright: ignore[reportReturnType]


def _kernels_alone(voltage: Tensor, factors: Tensor, cotangent: Tensor) -> Gradients:
    response, kept = KERNEL.forward(True, voltage, factors)
    return response, *KERNEL.backward(kept, cotangent, (True, True))  # pyright: ignore[reportReturnType]


def _exact(voltage: Tensor, cotangent: Tensor, factors: Tensor) -> Gradients:
    """Solve a few of the shots in float64 with finer steps; their coefficients' gradient is not comparable."""
    few = slice(0, 8)

    def solver(u: Tensor, f: Tensor) -> Tensor:
        finer = torch.cat([f[:-1] / FINER, f[-1:]])
        return reference(u.repeat_interleave(FINER, 1), finer)[:, FINER - 1 :: FINER]

    return _differentiate(solver, voltage[few].double(), factors.double(), cotangent[few].double())


def _error(found: Gradients, exact: Gradients) -> float:
    few = len(exact[0])
    pairs = ((found[0][:few], exact[0]), (found[1][:few], exact[1]))
    return max(float((ours - true).abs().max() / true.abs().max()) for ours, true in pairs)


def _slope(i: Any, v: Any, u: Any, f: Any, clip: Callable[[Any], Any]) -> tuple[Any, Any]:
    m = clip(v - f[6])
    return f[0] * u - f[1] * i - f[2] * v, f[3] * i - f[4] * v - f[5] * m * m


def _torchdiffeq(voltage: Tensor, factors: Tensor) -> Tensor:
    odeint: Any = import_module("torchdiffeq").odeint
    samples = voltage.shape[1]

    def slope(t: Tensor, state: Tensor) -> Tensor:
        u = voltage[:, min(int(float(t) / SUB_STEPS), samples - 1)]
        return torch.stack(_slope(state[0], state[1], u, factors, lambda over: over.clamp_min(0)))

    start = torch.zeros(2, len(voltage))
    times = torch.arange(0, samples * SUB_STEPS + 1, SUB_STEPS, dtype=torch.float32)
    options = {"step_size": 1.0, "perturb": True}  # stages at a sample's edge stay inside of it
    solution: Tensor = odeint(slope, start, times, method="rk4", options=options)
    return solution[1:, 1].T


def _on_jax(
    solver: Callable[[Any, Any], Any], voltage: Tensor, factors: Tensor, cotangent: Tensor
) -> Callable[[], Gradients]:
    """Compile a JAX solver of (batch, sample) with its gradients."""
    jax: Any = import_module("jax")

    def both(u: Any, f: Any, w: Any) -> Any:
        response, pull = jax.vjp(solver, u, f)
        return (response, *pull(w))

    compiled: Any = jax.jit(both)
    inputs = [jax.numpy.asarray(value.numpy()) for value in (voltage, factors, cotangent)]

    def run() -> Gradients:
        outputs: Any = jax.block_until_ready(compiled(*inputs))
        return tuple(torch.from_numpy(np.asarray(value).copy()) for value in outputs)  # pyright: ignore[reportReturnType]

    return run


def _jax(voltage: Tensor, factors: Tensor, cotangent: Tensor) -> Callable[[], Gradients]:
    jax: Any = import_module("jax")
    jnp: Any = import_module("jax.numpy")

    def solver(voltage: Any, f: Any) -> Any:
        def slope(i: Any, v: Any, u: Any) -> tuple[Any, Any]:
            return _slope(i, v, u, f, lambda over: jnp.maximum(over, 0))

        def sample(state: Any, u: Any) -> Any:
            i, v = state
            for _ in range(SUB_STEPS):
                k1i, k1v = slope(i, v, u)
                k2i, k2v = slope(i + k1i / 2, v + k1v / 2, u)
                k3i, k3v = slope(i + k2i / 2, v + k2v / 2, u)
                k4i, k4v = slope(i + k3i, v + k3v, u)
                i, v = i + (k1i + 2 * k2i + 2 * k3i + k4i) / 6, v + (k1v + 2 * k2v + 2 * k3v + k4v) / 6
            return (i, v), v

        rest = jnp.zeros(voltage.shape[0])
        _, response = jax.lax.scan(jax.checkpoint(sample), (rest, rest), voltage.T)
        return response.T

    return _on_jax(solver, voltage, factors, cotangent)


def _diffrax(voltage: Tensor, factors: Tensor, cotangent: Tensor) -> Callable[[], Gradients]:
    library: Any = import_module("diffrax")
    lineax: Any = import_module("lineax")
    jnp: Any = import_module("jax.numpy")
    runge_kutta = library.ButcherTableau(
        c=np.array([0.5, 0.5, 1.0]),
        b_sol=np.array([1, 2, 2, 1]) / 6,
        b_error=np.array([1.0, -1.0, 1.0, -1.0]),  # unused with constant steps
        a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
    )

    class RungeKutta4(library.AbstractERK):
        """The classical method."""

        tableau = runge_kutta
        interpolation_cls = library.ThirdOrderHermitePolynomialInterpolation.from_k

        def order(self, terms: Any) -> int:
            """Return 4."""
            return 4

    def solver(voltage: Any, f: Any) -> Any:
        batch, samples = voltage.shape
        steps = samples * SUB_STEPS
        # A drive held over each sample is the slope of its integral, which diffrax takes as a control.
        held = jnp.concatenate([jnp.zeros((1, batch)), SUB_STEPS * voltage.T.cumsum(0)])
        path = library.LinearInterpolation(jnp.arange(0.0, steps + 1, SUB_STEPS), jnp.stack([held, 0 * held], 1))

        def drift(t: Any, state: Any, args: Any) -> Any:
            return jnp.stack(_slope(state[0], state[1], 0.0, f, lambda over: jnp.maximum(over, 0)))

        def driven(t: Any, state: Any, args: Any) -> Any:
            return lineax.DiagonalLinearOperator(jnp.stack([f[0] * jnp.ones(batch), jnp.zeros(batch)]))

        terms = library.MultiTerm(library.ODETerm(drift), library.ControlTerm(driven, path))
        rest, saved = jnp.zeros((2, batch)), library.SaveAt(steps=True)
        solution = library.diffeqsolve(
            terms, RungeKutta4(), 0.0, float(steps), 1.0, rest, saveat=saved, max_steps=steps
        )
        return solution.ys[SUB_STEPS - 1 :: SUB_STEPS, 1].T

    return _on_jax(solver, voltage, factors, cotangent)
