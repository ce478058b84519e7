"""A vendor's library in a process of its own: what hangs or crashes there is ended, and nothing else is.

A message is a JSON object, then the bytes of at most one array. `python -m devices.child MODULE:CLASS` makes the object
whose methods are called, each with values and an array, and returns of each the same.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import IO, Any

import numpy as np

from core import ports
from core.ports import DeviceError, DeviceLost
from devices.recorder import Watchman, told

LENGTHS = struct.Struct("<II")
PIPE_BYTES = 1 << 20  # so that an array goes through at once, not in sixteen turns of two processes
START_S = 20.0  # for an interpreter with its libraries, on a busy machine

Message = tuple[dict[str, Any], np.ndarray | None]


class Child:
    """The parent's side. A call past its deadline, or a process that ended, leaves no process behind."""

    def __init__(self, name: str, target: str, environment: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._watchman = Watchman(name)
        self._ended = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "devices.child", target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # sound libraries tell there whatever they tried
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(environment or {})},
        )
        with suppress(ImportError, AttributeError, OSError):  # where the system can
            import fcntl

            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def call(self, method: str, deadline_s: float, array: np.ndarray | None = None, **values: object) -> Message:
        """Return what the object's method returns. Raise DeviceError as it does, DeviceTimeout, DeviceLost."""
        if self._ended:
            raise DeviceLost(f"{self._name} was given up.")
        try:
            answer, returned = self._watchman.call(partial(self._exchange, method, array, values), deadline_s)
        except (OSError, EOFError, ValueError) as error:
            self.kill()
            raise DeviceLost(f"The process of {self._name} ended: {told(error)}.") from error
        except DeviceError:  # it is late
            self.kill()
            raise
        if "error" in answer:
            kind = getattr(ports, answer["error"], DeviceLost)
            raise kind(answer["message"])
        return answer, returned

    def kill(self) -> None:
        """End the process; its outputs end with it."""
        self._ended = True
        self._watchman.dismiss()
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _exchange(self, method: str, array: np.ndarray | None, values: dict[str, object]) -> Message:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _send(self._process.stdin, {"method": method, "values": values}, array)
        return _receive(self._process.stdout)


def _send(pipe: IO[bytes], message: dict[str, Any], array: np.ndarray | None) -> None:
    block = b"" if array is None else np.ascontiguousarray(array).tobytes()
    if array is not None:
        message = message | {"dtype": array.dtype.str, "shape": array.shape}
    head = json.dumps(message).encode()
    pipe.write(LENGTHS.pack(len(head), len(block)) + head + block)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Message:
    head_length, block_length = LENGTHS.unpack(_exactly(pipe, LENGTHS.size))
    message = json.loads(_exactly(pipe, head_length))
    block = _exactly(pipe, block_length)
    if "dtype" not in message:
        return message, None
    return message, np.frombuffer(block, np.dtype(message.pop("dtype"))).reshape(message.pop("shape"))


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    block = pipe.read(length)
    if len(block) != length:
        raise EOFError("it said nothing more")
    return block


def serve(target: str) -> None:
    """Answer calls until the parent ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    module, _, name = target.partition(":")
    thing: Any = None
    while True:
        try:
            request, array = _receive(requests)
        except EOFError:
            os._exit(0)  # whatever a library would wait for at its end
        try:
            if thing is None:
                thing = getattr(importlib.import_module(module), name)()
            answer, returned = getattr(thing, request["method"])(array, **request["values"])
        except Exception as error:
            known = isinstance(error, DeviceError)
            message = str(error) if known else f"{type(error).__name__}: {told(error)}"
            answer, returned = {"error": type(error).__name__ if known else "DeviceLost", "message": message}, None
        _send(answers, answer, returned)


if __name__ == "__main__":
    serve(sys.argv[1])
