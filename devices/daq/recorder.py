"""An NI card as a recorder: finite AO and AI by one clock, the input started by the output's start trigger."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from core.ports import DeviceError, DeviceLost, SpecError
from core.run.connection import ConnectionSpec
from devices.daq.address import DaqAddress
from devices.daq.link import open_link
from devices.recorder import Plan, RecorderFacts, told

if TYPE_CHECKING:
    from nidaqmx import Task
    from nidaqmx.system.device import Device

MOST_SAMPLES = 2_000_000  # of one transfer, which are 16 MB
SPARE_BYTES = 1 << 20
HIGHEST_V = 1000.0  # no card of theirs has a wider range
RATE_TOLERANCE = 1e-4  # relative: a card divides its timebase by whole numbers
IMPLAUSIBLE = 2.0  # times the range: converters end a few percent beyond it
FIRST_TRY = 0.3  # of the time for a safe state
GIVE_UP = 0.8  # of the time to spare: the driver's own time-out says more than the end of a call
ROUNDING = 1e-5  # of the largest voltage: it is computed in float32


def open_recorder(address: str, plan: Plan, connection: ConnectionSpec) -> DaqRecorder:
    """Open the card at an address, its output at 0 V. Raises SpecError, DeviceError."""
    return DaqRecorder(address, connection.recorder or address, plan, connection.deadline_s)


class DaqRecorder:
    """A `Recorder`. Shots of one transfer, and their repetitions, are one waveform with rest between them.

    Output and input are of one card, or of two modules in one chassis.
    """

    def __init__(self, address: str, recorder: str, plan: Plan, deadline_s: float) -> None:
        self._address, self._recorder, self._plan = DaqAddress.parse(address), DaqAddress.parse(recorder), plan
        if self._recorder.server != self._address.server:
            raise SpecError(f"{address} and {recorder} are not in one computer. Give both the same server.")
        self._period = plan.samples + plan.rest_samples
        if plan.lag_s < 0:
            raise DeviceError(f"An NI card cannot record {-plan.lag_s:g} s before it plays. Set delay_s higher.")
        self._rows = max(1, MOST_SAMPLES // self._period)
        longest = min(self._rows, max(1, plan.shots) * plan.averages) * self._period
        self._link = open_link(self._address, SPARE_BYTES + 2 * 8 * longest)
        self._tasks: list[Task] = []
        self._stale, self._armed, self._range_v = True, 0, 0.0
        try:
            self._link.call(self._find, deadline_s)
            self._link.call(self._rest, deadline_s)
        except BaseException:
            self.close()
            raise

    @property
    def facts(self) -> RecorderFacts:
        """Tell what the card can do."""
        return self._facts

    def identity(self) -> dict[str, object]:
        """Tell maker, model and serial number."""
        return dict(self._identity)

    def settings(self) -> dict[str, object]:
        """Tell channels, rate, delay and ranges."""
        return {
            "output": self._output,
            "input": self._input,
            "server": self._address.server,
            "driver": self._driver,
            "rate_hz": self._plan.rate_hz,
            "delay_s": self._plan.lag_s,
            "output_range_v": self._output_v,
            "input_range_v": self._range_v,
            "averages": self._plan.averages,
        }

    def set_range(self, range_v: float, deadline_s: float) -> None:
        """Take one of `facts.ranges_v` for the input, from the next shot on."""
        self._range_v, self._armed = range_v, 0

    def play_and_record(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        """Play waveforms (shot, sample) in volts and return the records (shot, sample) in volts.

        A sample beyond the input's range is ±inf. Raises DeviceError.
        """
        plan = self._plan
        play_s = plan.play_s(len(waveforms_v))
        self._give_up_s = play_s + GIVE_UP * max(0.0, deadline_s - play_s)
        try:
            mean, beyond = self._link.call(lambda: self._measure(waveforms_v), deadline_s)
        except BaseException:
            self._stale, self._armed = True, 0
            raise
        return np.where(beyond, np.copysign(np.inf, mean), mean)

    def safe(self, deadline_s: float) -> None:
        """Take the output to 0 V and clear the tasks; where that fails, once more on a new line."""
        self._armed = 0
        try:
            self._link.call(self._rest, FIRST_TRY * deadline_s)
        except DeviceError:
            self.close()
            self._stale = True
            self._link = open_link(self._address, SPARE_BYTES, patient=True)
            self._link.call(self._rest if self._address.server else self._reset, (1 - FIRST_TRY) * deadline_s)

    def close(self) -> None:
        """Let go of the card."""
        with suppress(Exception):
            self._link.close()

    def _devices(self) -> tuple[Device, Device]:
        """Return the cards of output and input. Raises DeviceError where there is none of a name."""
        from nidaqmx.system import System

        options = self._link.options("")
        system = System.remote(options) if options else System.local()
        devices = {device.name.lower(): device for device in system.devices}
        found: list[Device] = []
        for wanted in (self._address.device, self._recorder.device):
            if wanted.lower() not in devices:
                known = told(", ".join(device.name for device in devices.values())) or "none"
                raise DeviceError(f"There is no device {wanted} at {self._address.place}; there are: {known}.")
            found.append(devices[wanted.lower()])
        self._driver = ".".join(str(number) for number in system.driver_version)
        return found[0], found[1]

    def _find(self) -> None:
        """See who the cards are and that they can do what is planned."""
        plan = self._plan
        output, record = self._devices()
        hosts = _host(output), _host(record)
        if hosts[0] != hosts[1]:
            raise DeviceError(f"{output.name} and {record.name} have no clock in common. Take an input of {hosts[0]}.")
        self._trigger = f"/{hosts[0]}/ao/StartTrigger"
        name = f"{told(output.product_type)} {output.name}"
        if not output.ao_samp_clk_supported:
            raise DeviceError(f"{name} has no output with a clock of its own, so nothing can be measured with it.")
        for what, most_hz in (("plays", output.ao_max_rate), ("records", record.ai_max_single_chan_rate)):
            if not plan.rate_hz <= most_hz * (1 + RATE_TOLERANCE):
                raise DeviceError(f"{name} {what} {most_hz:g} samples/s at most; this system needs {plan.rate_hz:g}.")
        outputs_v, inputs_v = _ranges(output.ao_voltage_rngs), _ranges(record.ai_voltage_rngs)
        if not (outputs_v and inputs_v):
            raise DeviceError(f"{name} has no pair of an output and an input for both signs of a voltage.")
        self._output_v = min(outputs_v[-1], plan.peak_v * (1 + ROUNDING))
        self._range_v = inputs_v[-1]
        self._identity = _who(output) | ({} if output.name == record.name else {"recorder": _who(record)})
        self._facts = RecorderFacts(name, output.is_simulated, self._rows, outputs_v[-1], inputs_v)

    def _rest(self) -> None:
        """Take the output to 0 V and clear our tasks, those that a broken connection left behind too."""
        from nidaqmx.stream_writers import AnalogSingleChannelWriter

        self._clear()
        if self._stale:
            self._begin("output").close()
        task = self._begin("output")
        output_v = self._facts.output_v
        task.ao_channels.add_ao_voltage_chan(self._output, min_val=-output_v, max_val=output_v)
        writer = AnalogSingleChannelWriter(task.out_stream)  # which starts by itself
        writer.verify_array_shape = False
        writer.write_one_sample(0.0)
        task.close()
        if self._stale:
            self._begin("input").close()
        self._tasks.clear()
        self._stale = False

    def _reset(self) -> None:
        """Reset the card: what a call that hangs holds of it is free again, and the output is off."""
        self._tasks.clear()
        for device in self._devices():
            device.reset_device()

    def _arm(self, count: int) -> None:
        """Make the tasks for a waveform of so many samples."""
        from nidaqmx.constants import DigitalWidthUnits, RegenerationMode

        self._clear()
        if self._stale:
            self._rest()
        plan = self._plan
        output, record = self._begin("output"), self._begin("input")
        output.ao_channels.add_ao_voltage_chan(self._output, min_val=-self._output_v, max_val=self._output_v)
        output.timing.cfg_samp_clk_timing(plan.rate_hz, samps_per_chan=count)
        output.out_stream.regen_mode = RegenerationMode.DONT_ALLOW_REGENERATION
        record.ai_channels.add_ai_voltage_chan(self._input, min_val=-self._range_v, max_val=self._range_v)
        record.timing.cfg_samp_clk_timing(plan.rate_hz, samps_per_chan=count)
        trigger = record.triggers.start_trigger
        trigger.cfg_dig_edge_start_trig(self._trigger)
        if plan.lag_s:
            trigger.delay_units = DigitalWidthUnits.SECONDS
            trigger.delay = plan.lag_s
        for task in (output, record):
            rate_hz = task.timing.samp_clk_rate
            if not abs(rate_hz / plan.rate_hz - 1) <= RATE_TOLERANCE:
                raise DeviceError(
                    f"{self._facts.name} makes {rate_hz:g} samples/s of {plan.rate_hz:g}; this system needs these."
                )
        self._armed = count

    def _measure(self, waveforms_v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Play and record every repetition; return the mean record (shot, sample) and where one left the range."""
        plan = self._plan
        waves = np.full((len(waveforms_v), self._period), plan.rest_v)
        waves[:, : plan.samples] = waveforms_v
        total, beyond = np.zeros(waveforms_v.shape), np.zeros(waveforms_v.shape, dtype=bool)
        played = np.repeat(np.arange(len(waves)), plan.averages)
        for first in range(0, len(played), self._rows):
            part = played[first : first + self._rows]
            records = self._transfer(waves[part])[:, : plan.samples]
            shots, starts = np.unique(part, return_index=True)
            total[shots] += np.add.reduceat(records, starts)
            beyond[shots] |= np.logical_or.reduceat(np.abs(records) >= self._range_v, starts)
        return total / plan.averages, beyond

    def _transfer(self, waves: np.ndarray) -> np.ndarray:
        """Play rows (shot, sample) with their rests in one go and return what was recorded meanwhile."""
        from nidaqmx.stream_readers import AnalogSingleChannelReader
        from nidaqmx.stream_writers import AnalogSingleChannelWriter

        if self._armed != waves.size:
            self._arm(waves.size)
        output, record = self._tasks
        writer, reader = AnalogSingleChannelWriter(output.out_stream), AnalogSingleChannelReader(record.in_stream)
        writer.verify_array_shape = reader.verify_array_shape = False  # two remote calls a shot
        written = writer.write_many_sample(waves.reshape(-1), self._give_up_s)
        record.start()
        output.start()
        answer = np.full(waves.size, np.nan)  # nidaqmx leaves in it what a short answer does not fill
        read = reader.read_many_sample(answer, waves.size, self._give_up_s)
        output.stop()
        record.stop()
        if not (written == read == waves.size and (np.abs(answer) <= IMPLAUSIBLE * self._range_v).all()):
            raise DeviceLost(
                f"{self._facts.name} took {written} and returned {read} of {waves.size} samples, "
                f"{int((~np.isfinite(answer)).sum())} of them no numbers; they were not used."
            )
        return answer.reshape(waves.shape)

    @property
    def _output(self) -> str:
        return f"{self._address.device}/{self._address.output}"

    @property
    def _input(self) -> str:
        return f"{self._recorder.device}/{self._recorder.input}"

    def _begin(self, session: str) -> Task:
        from nidaqmx import Task

        options = self._link.options(session)
        task = Task(options.session_name, grpc_options=options) if options else Task()
        self._tasks.append(task)
        return task

    def _clear(self) -> None:
        for task in self._tasks:
            try:
                task.close()
            except Exception:  # it may be cleared or not
                self._stale = True
        self._tasks.clear()


def _who(device: Device) -> dict[str, object]:
    return {
        "maker": "National Instruments",
        "model": told(device.product_type),
        "serial_number": f"{device.serial_num:X}",
    }


def _host(device: Device) -> str:
    """Return what clocks a device: itself, or the chassis that a module is in."""
    from nidaqmx.constants import ProductCategory

    is_module = device.product_category == ProductCategory.C_SERIES_MODULE
    return device.compact_daq_chassis_device.name if is_module else device.name


def _ranges(pairs: Sequence[float]) -> tuple[float, ...]:
    """Return the ranges ±V, ascending, of what a card lists as lows and highs in turn."""
    lows, highs = pairs[::2], pairs[1::2]
    found = {high for low, high in zip(lows, highs, strict=False) if low == -high and 0 < high <= HIGHEST_V}
    return tuple(sorted(high for high in found if math.isfinite(high)))
