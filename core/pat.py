"""Physics-aware training: measure forward, differentiate the twin at the measured point.

Wright, Onodera et al., Nature 601, 549 (2022), Methods. The backward pass needs nothing but the twin's own autograd
graph: the measured output takes the place of the modelled one, and the cotangent that arrives at it is handed to the
modelled one unchanged. So gradients of any order are the twin's at the measured point, only the gradients that are
asked for are computed, and nothing after the forward pass calls the device again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad


class _Measured(torch.autograd.Function):
    """Put the measured value in the place of the modelled one; to every derivative the two are the same."""

    @staticmethod
    def forward(ctx: Any, modelled: Tensor, measured: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return measured

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return cotangent, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _measured: None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return tangent


class _MeasuredInTransform(torch.autograd.Function):
    """Do the same inside a torch.func transform, which unwraps what a Function takes: the device sees plain tensors."""

    @staticmethod
    def forward(measure: Callable[..., Tensor], modelled: Tensor, *inputs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _like(_measure(measure, inputs), modelled)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.input_count = len(inputs) - 2

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return (None, cotangent) + (None,) * ctx.input_count

    @staticmethod
    def jvp(ctx: Any, _measure: None, tangent: Tensor, *_inputs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return tangent


def _measure(measure: Callable[..., Tensor], inputs: Sequence[Tensor]) -> Tensor:
    with torch.no_grad():
        return measure(*[value.detach() for value in inputs])


def _like(measured: Tensor, modelled: Tensor) -> Tensor:
    if measured.shape != modelled.shape:
        raise ValueError(
            f"The device returned shape {tuple(measured.shape)} where its twin predicts {tuple(modelled.shape)}."
        )
    return measured.detach().to(modelled)


Together = Callable[[Callable[[], Tensor], Callable[[], Tensor]], tuple[Tensor, Tensor]]


def in_turn(first: Callable[[], Tensor], second: Callable[[], Tensor]) -> tuple[Tensor, Tensor]:
    """Call one after the other; return both results."""
    return first(), second()


def physics_aware(
    measure: Callable[..., Tensor], model: Callable[..., Tensor], *, together: Together = in_turn
) -> Callable[..., Tensor]:
    """Join a device and its differentiable twin into one differentiable function of all its tensors.

    measure(*tensors) runs the device, model(*tensors) is the twin; both take the same tensors of any shape and return
    one tensor of the same shape. The result has the measured value, in the twin's dtype and on its torch device, and
    the twin's derivatives (reverse and forward mode, any order). The device is measured once per call; where no
    derivative can be asked for, the twin is not evaluated. `together` calls the measurement and the evaluation of the
    twin, which do not need each other, and may do so at once. Raises ValueError when the two shapes differ.
    """

    def shot(*tensors: Tensor) -> Tensor:
        if torch._C._functorch.peek_interpreter_stack() is not None:  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
            return _MeasuredInTransform.apply(measure, model(*tensors), *tensors)  # pyright: ignore[reportReturnType]
        if _wants_derivative(tensors):
            measured, modelled = together(lambda: _measure(measure, tensors), lambda: model(*tensors))
            return _Measured.apply(modelled, _like(measured, modelled))  # pyright: ignore[reportReturnType]
        with torch.no_grad():
            return measure(*tensors)

    return shot


def _wants_derivative(tensors: Sequence[Tensor]) -> bool:
    reverse = torch.is_grad_enabled() and any(value.requires_grad for value in tensors)
    return reverse or any(forward_ad.unpack_dual(value).tangent is not None for value in tensors)


class MeasuredJvp(NamedTuple):
    """A directional derivative taken on the device, with its standard error (zero-size repeats give NaN)."""

    mean: Tensor
    standard_error: Tensor


def measured_jvp(
    measure: Callable[..., Tensor],
    inputs: Sequence[Tensor],
    tangents: Sequence[Tensor],
    *,
    epsilon: float,
    repeats: int = 1,
) -> MeasuredJvp:
    """Measure the Jacobian-vector product by the central difference [f(x + εv) - f(x - εv)] / 2ε.

    inputs and tangents are matching tensors; the step epsilon is in units of the inputs. The device runs
    2 · repeats times, the two sides alternating so that slow drift cancels. Raises ValueError when epsilon or repeats
    is not positive.
    """
    if not epsilon > 0 or repeats < 1:
        raise ValueError(f"epsilon {epsilon} and repeats {repeats} must be positive.")
    with torch.no_grad():
        above = [x + epsilon * v for x, v in zip(inputs, tangents, strict=True)]
        below = [x - epsilon * v for x, v in zip(inputs, tangents, strict=True)]
        slopes = torch.stack([(measure(*above) - measure(*below)) / (2 * epsilon) for _ in range(repeats)])
    return MeasuredJvp(slopes.mean(0), slopes.std(0) / repeats**0.5)


def twin_jvp(model: Callable[..., Tensor], inputs: Sequence[Tensor], tangents: Sequence[Tensor]) -> Tensor:
    """Compute the twin's exact Jacobian-vector product by forward-mode differentiation."""
    return torch.func.jvp(model, tuple(inputs), tuple(tangents))[1]


class GradientAlignment(NamedTuple):
    """How well a twin's derivative agrees with the device's: PAT descends while `cosine` is positive."""

    cosine: float
    gain: float


def gradient_alignment(twin: Tensor, measured: Tensor) -> GradientAlignment:
    """Compare two Jacobian-vector products: cosine of the angle between them and the ratio |twin| / |measured|."""
    twin, measured = twin.flatten().double(), measured.flatten().double()
    twin_norm, measured_norm = twin.norm(), measured.norm()
    return GradientAlignment(float(twin @ measured / (twin_norm * measured_norm)), float(twin_norm / measured_norm))
