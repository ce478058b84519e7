"""Where an NI card is: `ni://Dev1/ao0/ai0` on this computer, `ni-grpc://host:31763/Dev1/ao0/ai0` behind a server."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.ports import SpecError

# A device's name only: DAQmx reads "Dev1/ao0:3" and "Dev1/ao0, Dev2/ao0" as several outputs.
_ADDRESS = re.compile(
    r"(?:ni://|ni-grpc://(?P<server>(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5})/)"
    r"(?P<device>[A-Za-z0-9][A-Za-z0-9_-]*)(?:/(?P<output>ao\d+))?(?:/(?P<input>ai\d+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class DaqAddress:
    """A card's output and input; `server` is host:port of NI's gRPC device server, empty for this computer."""

    server: str
    device: str
    output: str
    input: str

    @classmethod
    def parse(cls, text: str) -> DaqAddress:
        """Read an address. Raises SpecError."""
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise SpecError(
                f"{text!r} is no address of an NI card. Write ni://Dev1 for one in this computer, "
                "ni-grpc://192.168.1.5:31763/Dev1 for one behind NI's gRPC device server; /ao0/ai0 may follow."
            )
        output, input_ = (found[key] or default for key, default in (("output", "ao0"), ("input", "ai0")))
        return cls(found["server"] or "", found["device"], output.lower(), input_.lower())

    @property
    def place(self) -> str:
        """Return where the card is, for a message."""
        return f"the NI gRPC device server at {self.server}" if self.server else "this computer"
