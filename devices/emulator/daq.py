"""A stand-in for NI's gRPC device server: what the real nidaqmx client calls, answered by an emulated card."""

from __future__ import annotations

import random
import socket
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
from nidaqmx._stubs import nidaqmx_pb2

from devices.emulator.card import (
    HIGHEST_RATE_HZ,
    INPUT_RANGES_V,
    INVALID_DEVICE,
    INVALID_TASK,
    INVALID_VALUE,
    NO_SAMPLES,
    OUTPUT_RANGES_V,
    TEXTS,
    CardError,
    DaqCard,
)
from devices.emulator.faults import FaultKind, Faults
from devices.emulator.line import Line

SERVICE = "nidaqmx_grpc.NiDAQmx"
DRIVER_VERSION = {0x1272: 24, 0x1923: 5, 0x2F22: 0}
DEVICE_NAMES, TASK_NAME, RATE = 0x193B, 0x1276, 0x1344
DELAY, DELAY_UNITS, SECONDS = 0x1856, 0x18C8, 10364
C_SERIES_MODULE, X_SERIES = 14659, 15858
REGENERATION, NO_REGENERATION = 0x1453, 10158
HUGE = 4 << 20  # bytes more than any answer needs
LAST_CALLS = 1000
NONSENSE = ("0", "7", "-", "none", "99999999999999999999")

Fields = dict[str, Any]


class CardService:
    """The remote procedures, by their names: a request in, the fields of the answer out, or CardError."""

    def __init__(self, card: DaqCard) -> None:
        self.card = card

    def CreateTask(self, request: Any) -> Fields:
        name, new = self.card.create(request.session_name)
        return {"task": {"name": name}, "new_session_initialized": new}

    def CreateAOVoltageChan(self, request: Any) -> Fields:
        low_v, high_v = request.min_val, request.max_val
        self.card.add_channel(request.task.name, request.physical_channel, low_v, high_v, is_output=True)
        return {}

    def CreateAIVoltageChan(self, request: Any) -> Fields:
        low_v, high_v = request.min_val, request.max_val
        self.card.add_channel(request.task.name, request.physical_channel, low_v, high_v, is_output=False)
        return {}

    def CfgSampClkTiming(self, request: Any) -> Fields:
        self.card.set_clock(request.task.name, request.rate, request.samps_per_chan)
        return {}

    def CfgDigEdgeStartTrig(self, request: Any) -> Fields:
        self.card.task(request.task.name).trigger = request.trigger_source
        return {}

    def SetWriteAttributeInt32(self, request: Any) -> Fields:
        self.card.task(request.task.name)
        return _only(request.attribute_raw == REGENERATION and request.value_raw == NO_REGENERATION)

    def SetTrigAttributeInt32(self, request: Any) -> Fields:
        self.card.task(request.task.name).delay_in_seconds = request.value_raw == SECONDS
        return _only(request.attribute_raw == DELAY_UNITS)

    def SetTrigAttributeDouble(self, request: Any) -> Fields:
        self.card.task(request.task.name).delay_s = request.value
        return _only(request.attribute_raw == DELAY and request.value >= 0)

    def GetTimingAttributeDouble(self, request: Any) -> Fields:
        return _only(request.attribute_raw == RATE) | {"value": self.card.task(request.task.name).rate_hz}

    def GetTaskAttributeString(self, request: Any) -> Fields:
        return _only(request.attribute_raw == TASK_NAME) | {"value": self.card.task(request.task.name).name}

    def WriteAnalogF64(self, request: Any) -> Fields:
        waveform_v = np.array(request.write_array)
        return {"samps_per_chan_written": self.card.write(request.task.name, waveform_v, start=request.auto_start)}

    def WriteAnalogScalarF64(self, request: Any) -> Fields:
        self.card.write(request.task.name, np.array([request.value]), start=request.auto_start)
        return {}

    def StartTask(self, request: Any) -> Fields:
        self.card.start(request.task.name)
        return {}

    def StopTask(self, request: Any) -> Fields:
        self.card.stop(request.task.name)
        return {}

    def ClearTask(self, request: Any) -> Fields:
        self.card.clear(request.task.name)
        return {}

    def ReadAnalogF64(self, request: Any) -> Fields:
        try:
            record_v = self.card.read(request.task.name, request.num_samps_per_chan, request.timeout)
        except CardError as error:
            if error.code != NO_SAMPLES:
                raise
            return {"status": NO_SAMPLES}  # as the real server: what there is, and why it is not more
        return {"read_array": record_v.tolist(), "samps_per_chan_read": len(record_v)}

    def GetSystemInfoAttributeString(self, request: Any) -> Fields:
        return _only(request.attribute_raw == DEVICE_NAMES) | {"value": ", ".join(self.card.names)}

    def GetSystemInfoAttributeUInt32(self, request: Any) -> Fields:
        return {"value": _known(DRIVER_VERSION, request.attribute_raw)}

    def GetDeviceAttributeString(self, request: Any) -> Fields:
        return {"value": self._device(request, {0x631: self.card.model, 0x29B7: self.card.chassis})}

    def GetDeviceAttributeInt32(self, request: Any) -> Fields:
        return {"value_raw": self._device(request, {0x29A9: C_SERIES_MODULE if self.card.chassis else X_SERIES})}

    def GetDeviceAttributeUInt32(self, request: Any) -> Fields:
        return {"value": self._device(request, {0x632: self.card.serial_number})}

    def GetDeviceAttributeBool(self, request: Any) -> Fields:
        return {"value": self._device(request, {0x22CA: True, 0x2996: True})}  # simulated; its output has a clock

    def GetDeviceAttributeDouble(self, request: Any) -> Fields:
        return {"value": self._device(request, {0x298C: HIGHEST_RATE_HZ, 0x2997: HIGHEST_RATE_HZ})}

    def GetDeviceAttributeDoubleArray(self, request: Any) -> Fields:
        ranges_v = self._device(request, {0x2990: INPUT_RANGES_V, 0x299B: OUTPUT_RANGES_V})
        return {"value": [limit_v for range_v in ranges_v for limit_v in (-range_v, range_v)]}

    def ResetDevice(self, request: Any) -> Fields:
        self._device(request, {0: None}, 0)
        self.card.reset()
        return {}

    def GetErrorString(self, request: Any) -> Fields:
        return {"error_string": TEXTS.get(request.error_code, "")}

    def _device(self, request: Any, values: dict[int, Any], attribute: int | None = None) -> Any:
        if request.device_name.lower() not in map(str.lower, self.card.names):
            raise CardError(INVALID_DEVICE)
        return _known(values, request.attribute_raw if attribute is None else attribute)


def _known(values: dict[int, Any], attribute: int) -> Any:
    if attribute not in values:
        raise CardError(INVALID_VALUE)
    return values[attribute]


def _only(supported: bool) -> Fields:
    if not supported:
        raise CardError(INVALID_VALUE)
    return {}


class DaqServer:
    """A card behind a gRPC server on the loopback. With `faults`, behind a line that can be disturbed, too.

    `late_s` is how long a late answer takes, `outage_s` how long an unplugged line stays away. Raise OSError where the
    port is taken.
    """

    def __init__(
        self,
        card: DaqCard,
        port: int = 0,
        faults: Faults | None = None,
        late_s: float = 1.0,
        outage_s: float = 0.2,
        seed: int = 0,
    ) -> None:
        self.card, self.calls = card, deque[str](maxlen=LAST_CALLS)
        self._faults, self._late_s, self._outage_s = faults, late_s, outage_s
        self._random, self._closed = random.Random(seed), threading.Event()
        service = CardService(card)
        names = [name for name in dir(service) if name[0].isupper()]
        handlers = {name: self._handler(name, getattr(service, name)) for name in names}
        options = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a port that another server has is not shared
        ]
        self._server = grpc.server(ThreadPoolExecutor(16, "daq-emulator"), options=options)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        if port and faults is None:
            socket.create_server(("127.0.0.1", port)).close()  # which raises; gRPC would write to the terminal
        inner = self._server.add_insecure_port(f"127.0.0.1:{port if faults is None else 0}")
        self._server.start()
        self._line = Line(inner, port, seed) if faults is not None else None
        self.port = self._line.port if self._line else inner

    @property
    def address(self) -> str:
        """Return what a driver opens."""
        return f"ni-grpc://127.0.0.1:{self.port}/{self.card.names[0]}"

    def close(self) -> None:
        """Stop answering."""
        self._closed.set()
        if self._line:
            self._line.close()
        self._server.stop(None).wait()

    def _handler(self, name: str, answer: Callable[[Any], Fields]) -> Any:
        response = getattr(nidaqmx_pb2, f"{name}Response")

        def handle(request: Any, context: Any) -> bytes:
            kind = self._faults.strike() if self._faults else None
            if self._faults:
                self.calls.append(name)
            if kind is not None:
                self._before(kind, context)
            try:
                message = response(**answer(request))
            except CardError as error:
                context.set_trailing_metadata((("ni-error", str(error.code)),))
                return context.abort(grpc.StatusCode.UNKNOWN, str(error))
            return message.SerializeToString() if kind is None else self._spoilt(kind, message, context)

        request = getattr(nidaqmx_pb2, f"{name}Request")
        return grpc.unary_unary_rpc_method_handler(handle, request_deserializer=request.FromString)

    def _before(self, kind: FaultKind, context: Any) -> None:
        """Let happen what keeps a call from being carried out, or its record from being right."""
        if kind == "swallowed":
            _wait_for_the_end(context)
            context.abort(grpc.StatusCode.CANCELLED, "")
        elif kind == "error":
            context.set_trailing_metadata((("ni-error", str(INVALID_TASK)),))
            context.abort(grpc.StatusCode.UNKNOWN, TEXTS[INVALID_TASK])
        elif kind == "garbage" and self._random.random() < 0.5:
            context.set_trailing_metadata((("ni-error", self._random.choice(NONSENSE)),))
            context.abort(grpc.StatusCode.UNKNOWN, self._random.randbytes(40).decode("latin-1"))
        elif kind == "reset":
            self.card.reset()
        elif kind == "over_range":
            self.card.spoilt_v = 100.0

    def _spoilt(self, kind: FaultKind, message: Any, context: Any) -> bytes:
        """Return the bytes of an answer as they arrive, and let happen what befalls the connection."""
        line, said = self._line, message.SerializeToString()
        assert line is not None
        if kind == "stall":
            _wait_for_the_end(context)
        elif kind == "late":
            self._closed.wait(self._late_s)
        elif kind == "drop":
            line.disturb("cut")
        elif kind == "unplug":
            line.unplug(self._outage_s)
        elif kind == "impostor":
            self.card.serial_number += 1
            line.disturb("cut")
        elif kind in ("early_close", "slow_loris", "bad_header"):
            line.disturb({"early_close": "half", "slow_loris": "slow", "bad_header": "garbage"}[kind])  # type: ignore[arg-type]
        elif kind == "garbage":
            return self._random.randbytes(40)
        elif kind == "duplicate":
            return said + said
        elif kind == "huge_block":
            return said + bytes([0xFA, 0x7F]) + _varint(HUGE) + bytes(HUGE)
        elif kind in ("short_block", "overflow") and "read_array" in message.DESCRIPTOR.fields_by_name:
            count = len(message.read_array)
            if kind == "short_block":
                del message.read_array[count // 2 :]
            else:
                message.read_array[count // 3], message.read_array[count // 2] = 9.9e37, float("nan")
            return message.SerializeToString()
        elif kind == "short_block":
            return said[: len(said) // 2]
        return said


def _wait_for_the_end(context: Any) -> None:
    """Wait until the client gives up, or the server is stopped."""
    gone = threading.Event()
    if context.add_callback(gone.set):
        gone.wait()


def _varint(value: int) -> bytes:
    """Return a number as protocol buffers write it."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
