"""On a graphics card twins run their plain torch equations: they agree with the kernels of the processor."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.pat import physics_aware
from core.physics.circuit import CircuitModel
from core.physics.model import PhysicsModel
from core.physics.pendula import PendulaModel
from core.physics.plate import PlateModel
from core.physics.plate_cubic import HardeningPlateModel
from core.physics.shg import ShgModel, ThirdOrderShgModel
from core.twin.physics import PhysicsTwin
from devices.catalogue import find_system

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
MODELS = {
    "circuit": CircuitModel,
    "pendula": PendulaModel,
    "plate": PlateModel,
    "hardening plate": HardeningPlateModel,
    "shg": ShgModel,
    "shg of third order": ThirdOrderShgModel,
}


def shots(kind: str) -> list[Tensor]:
    """Return a drive (8, drive) and the shared parameters of a system, in float64."""
    info = find_system(kind).build(1, 0, {}).info
    generator = torch.Generator().manual_seed(5)
    drive = torch.rand(8, info.drive_dim, generator=generator, dtype=torch.float64)
    shared = [torch.rand(shape, generator=generator, dtype=torch.float64) for shape in info.parameter_shapes.values()]
    return [drive, *shared]


def response_and_gradients(model: PhysicsModel, inputs: list[Tensor], where: str) -> list[Tensor]:
    twin = PhysicsTwin(model).double().to(where)
    here = [value.to(where).requires_grad_() for value in inputs]
    response = twin(*here)
    assert response.device.type == where
    weights = torch.linspace(-1, 1, response.numel(), dtype=response.dtype, device=where).view_as(response)
    wanted = [*here, *twin.parameters()]
    return [value.cpu() for value in (response, *torch.autograd.grad(response, wanted, weights))]


@pytest.mark.parametrize("name", MODELS)
def test_a_twin_on_the_card_agrees_with_the_one_on_the_processor(name):
    inputs = shots(name.split()[-1] if "plate" in name else name.split()[0])
    pairs = (response_and_gradients(MODELS[name](), inputs, where) for where in ("cpu", "cuda"))
    for processor, card in zip(*pairs, strict=True):
        scale = max(float(processor.detach().abs().max()), 1e-6)  # some gradients vanish by symmetry
        torch.testing.assert_close(card, processor, rtol=1e-6, atol=1e-6 * scale)


def test_a_measurement_on_the_processor_trains_with_a_twin_on_the_card():
    system = find_system("circuit").build(1, 0, {})
    drive = shots("circuit")[0].float().cuda().requires_grad_()
    response = physics_aware(lambda x: system.run(x.cpu()), PhysicsTwin(CircuitModel()).cuda())(drive)
    (gradient,) = torch.autograd.grad(response.square().sum(), drive)
    assert response.is_cuda
    assert gradient.is_cuda
    assert bool(gradient.isfinite().all())
