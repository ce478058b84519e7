"""From a kernel to a differentiable function of tensors, with the plain reference for what a kernel cannot do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from core.ports import SimulationDiverged

Gradients = tuple[Tensor | None, ...]
SERVED = (torch.float32, torch.float64, torch.complex64, torch.complex128)


@dataclass(frozen=True)
class Kernel:
    """One solver twice: compiled, and as the plain torch reference that takes and returns the same tensors.

    forward(keep, *inputs) returns the output and what `backward` will want (anything, when `keep` is set);
    backward(kept, cotangent, needed) returns one gradient for each input, None where `needed` does not ask for it.
    """

    reference: Callable[..., Tensor]
    forward: Callable[..., tuple[Tensor, Any]]
    backward: Callable[[Any, Tensor, tuple[bool, ...]], Gradients]


def solve(kernel: Kernel, *inputs: Tensor) -> Tensor:
    """Run the kernel where it serves these inputs, else the reference; differentiable to any order in all of them."""
    if _served(inputs):
        return _Compiled.apply(kernel, torch.is_grad_enabled(), *inputs)  # pyright: ignore[reportReturnType]
    return kernel.reference(*inputs)


def _served(inputs: tuple[Tensor, ...]) -> bool:
    if torch.jit.is_tracing():  # pyright: ignore[reportPrivateImportUsage], for a program without these kernels
        return False
    if torch._C._functorch.peek_interpreter_stack() is not None:  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
        return False
    plain = all(value.device.type == "cpu" and value.dtype in SERVED for value in inputs)
    return plain and all(forward_ad.unpack_dual(value).tangent is None for value in inputs)


class _Compiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kernel: Kernel, recording: bool, *inputs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        output, ctx.kept = kernel.forward(recording and any(ctx.needs_input_grad), *inputs)
        ctx.kernel = kernel
        ctx.save_for_backward(*inputs)
        return output

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        needed = ctx.needs_input_grad[2:]
        if not torch.is_grad_enabled():
            return (None, None, *ctx.kernel.backward(ctx.kept, cotangent, needed))
        # A graph of this backward is wanted, for second derivatives: the kernel has none, the reference has.
        inputs = ctx.saved_tensors
        asked = [value for value, wanted in zip(inputs, needed, strict=True) if wanted]
        found = iter(torch.autograd.grad(ctx.kernel.reference(*inputs), asked, cotangent, create_graph=True))
        return (None, None, *(next(found) if wanted else None for wanted in needed))


def check_finite(response: Tensor, what: str, advice: str, *, along: str = "step", **values: Tensor) -> None:
    """Raise SimulationDiverged, with place and parameters, unless a response (batch, `along`) is finite."""
    if bool(torch.isfinite(response.detach().sum())):
        return
    places = (~response.detach().isfinite()).any(0).nonzero()
    where = f"at {along} {int(places[0])} of {response.shape[1]}" if len(places) else "in the sum over all shots"
    told = ", ".join(f"{name} {_summary(value.detach())}" for name, value in values.items())
    raise SimulationDiverged(f"{what} is not finite {where}; {told}. {advice}")


def _summary(value: Tensor) -> str:
    if value.numel() <= 12:
        return "(" + ", ".join(f"{number:.3g}" for number in value.flatten().tolist()) + ")"
    return f"from {float(value.min()):.3g} to {float(value.max()):.3g}"
