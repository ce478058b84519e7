"""The equations of the physical systems: pure, differentiable functions of arrays and SI parameter dataclasses."""
