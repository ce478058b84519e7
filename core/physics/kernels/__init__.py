"""The equations compiled: one shot in each vector lane, an exact hand-written adjoint, the interpreter's lock released.

Each solver in `core.physics` has a plain torch reference, and a kernel here that computes the same.
`function.solve` chooses: the kernel serves values and first derivatives in float32 and float64 on the CPU; the
reference serves everything else (other devices, forward mode, `torch.func`, second derivatives, TorchScript).
"""
