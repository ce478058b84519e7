"""NI-DAQmx with a deadline on every call: the driver of this computer, or NI's gRPC device server on another."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from core.ports import DeviceError, DeviceLost, DeviceTimeout
from devices.daq.address import DaqAddress
from devices.recorder import Watchman, told

if TYPE_CHECKING:
    from nidaqmx import GrpcSessionOptions

MISSING = "{} is missing. Install what NI cards need: pip install 'nidaqmx[grpc]'."
NO_DRIVER = (
    "The NI-DAQmx driver is not installed on this computer. Install it from ni.com/downloads, or reach a card behind "
    "NI's gRPC device server: ni-grpc://HOST:31763/Dev1."
)
HINTS = {
    -200220: "Check the device's name in NI MAX.",
    -200170: "Check the channel in the address.",
    -50103: "Another program uses the card. Close it, or reset the device in NI MAX.",
    -201003: "Check its power and cable.",
}
NO_SAMPLES = -200284

Result = TypeVar("Result")


class LocalLink:
    """The driver of this computer. It may hang, so it is called in a thread that is given up at the deadline."""

    def __init__(self, address: DaqAddress) -> None:
        _import("nidaqmx")
        self._place = address.place
        self._watchman = Watchman(f"The NI-DAQmx driver ({address.device})")

    def options(self, session: str) -> GrpcSessionOptions | None:
        """Return what tells nidaqmx that the driver is here."""
        return None

    def call(self, function: Callable[[], Result], deadline_s: float) -> Result:
        """Return what `function` returns. Raise DeviceError, past the deadline DeviceTimeout, ever after DeviceLost."""
        try:
            return self._watchman.call(function, deadline_s)
        except Exception as error:
            raise explained(error, self._place) from error

    def close(self) -> None:
        """Let the thread end."""
        self._watchman.dismiss()


class ServerLink:
    """A gRPC device server. Every remote call ends at the deadline of what it belongs to, whatever the server does."""

    def __init__(self, address: DaqAddress, longest_bytes: int, patient: bool) -> None:
        _import("nidaqmx")
        grpc = _import("grpc")
        self._place = address.place
        self._due_s = 0.0
        # Named for this process: what a broken connection leaves behind can be found again, and nobody else's.
        self._prefix = f"overtone-{_PROCESS}-{address.device}-"
        self._channel: Any = grpc.insecure_channel(
            address.server,
            options=[
                ("grpc.max_send_message_length", -1),
                ("grpc.max_receive_message_length", longest_bytes),
                ("grpc.use_local_subchannel_pool", 1),  # a new channel tries at once, whatever befell an older one
                ("grpc.initial_reconnect_backoff_ms", 50),
                ("grpc.min_reconnect_backoff_ms", 50),
                ("grpc.max_reconnect_backoff_ms", 1000),
                ("grpc.enable_http_proxy", 0),
            ],
        )
        link = self

        class EndAtDeadline(grpc.UnaryUnaryClientInterceptor):  # nidaqmx itself gives its calls no time limit
            def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
                left_s = link._due_s - time.monotonic()
                if left_s <= 0:  # gRPC counts milliseconds, in which a call can be done
                    raise DeviceTimeout(f"There was no answer in time from {address.place}.")
                details = _CallDetails(client_call_details.method, left_s, client_call_details.metadata, patient)
                return continuation(details, request)

        self._intercepted: Any = grpc.intercept_channel(self._channel, EndAtDeadline())

    def options(self, session: str) -> GrpcSessionOptions:
        """Return what leads nidaqmx to the server; a session of that name is attached to or begun."""
        from nidaqmx import GrpcSessionOptions

        return GrpcSessionOptions(self._intercepted, self._prefix + session if session else "")

    def call(self, function: Callable[[], Result], deadline_s: float) -> Result:
        """Return what `function` returns. Raise DeviceError; past the deadline, DeviceTimeout."""
        self._due_s = time.monotonic() + deadline_s
        try:
            return function()
        except Exception as error:
            raise explained(error, self._place) from error

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


Link = LocalLink | ServerLink
_PROCESS = uuid.uuid4().hex[:12]


def open_link(address: DaqAddress, longest_bytes: int, *, patient: bool = False) -> Link:
    """Make the way to an address. Raises DeviceError where a package is missing; nothing is called yet.

    A patient one waits for a server that is not there, until the deadline.
    """
    return ServerLink(address, longest_bytes, patient) if address.server else LocalLink(address)


def explained(error: Exception, place: str) -> DeviceError:
    """Return what an error of nidaqmx, of gRPC or of a damaged answer means, and what to do."""
    if isinstance(error, DeviceError):
        return error
    from nidaqmx.errors import DaqError, DaqNotFoundError, DaqNotSupportedError, RpcError

    if isinstance(error, (DaqNotFoundError, DaqNotSupportedError)):
        return DeviceError(NO_DRIVER)
    if isinstance(error, DaqError):
        code, text = error.error_code, told(str(error).partition("\n")[0])
        if code == NO_SAMPLES:
            return DeviceTimeout(f"The card at {place} recorded nothing in time: {text} ({code})")
        return DeviceLost(f"NI-DAQmx at {place} says: {text} ({code}) {HINTS.get(code, '')}".rstrip())
    if isinstance(error, RpcError):
        name = getattr(error.rpc_code, "name", "")
        if name == "UNAVAILABLE":
            return DeviceLost(f"Nothing answers as {place}. Start it there, and check host, port and firewall.")
        if name == "DEADLINE_EXCEEDED":
            return DeviceTimeout(f"There was no answer in time from {place}.")
        return DeviceLost(f"The call of {place} failed: {told(error)}")
    return DeviceLost(f"{place[0].upper()}{place[1:]} gave an answer that makes no sense: {told(repr(error))}")


def _import(package: str) -> Any:
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise DeviceError(MISSING.format(error.name)) from None


class _CallDetails(NamedTuple):
    """What gRPC asks of the details of a call."""

    method: str
    timeout: float
    metadata: Any
    wait_for_ready: bool
    credentials: None = None
    compression: None = None
