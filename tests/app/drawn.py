"""The curves of a drawing in SVG or PDF, read from its file, and how far they are from values."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import fromstring

import numpy as np

NUMBER = rb"-?\d*\.?\d+"
LEAST_SPAN_PT = 10.0  # anything fits a curve that is flat


def svg_paths(content: bytes) -> Iterator[np.ndarray]:
    """Yield the points (n, 2) of each open polygon."""
    for path in fromstring(content).iter("{http://www.w3.org/2000/svg}path"):
        points = re.findall(r"[ML] (\S+) (\S+)", path.get("d", ""))
        yield np.array(points, float).reshape(-1, 2)


def pdf_paths(content: bytes) -> Iterator[np.ndarray]:
    """Yield the points (n, 2) of each polygon in the compressed streams."""
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            text = zlib.decompress(found[1])
        except zlib.error:
            continue
        for run in re.findall(rb"(?:%b %b [ml]\s+)+" % (NUMBER, NUMBER), text):
            yield np.array([pair.split()[:2] for pair in re.findall(rb"\S+ \S+ [ml]", run)], float).reshape(-1, 2)


def drawn_within(paths: Iterable[np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Return the largest distance, in points of print, of the nearest curve to these values on linear axes."""
    return min((_distance(path, np.transpose([x, y])) for path in paths if len(path) == len(x)), default=np.inf)


def _distance(path: np.ndarray, values: np.ndarray) -> float:
    distance = 0.0
    for drawn, value in zip(path.T, values.T, strict=True):
        if np.ptp(drawn) < LEAST_SPAN_PT:
            return np.inf
        line = np.polynomial.Polynomial.fit(value, drawn, 1)
        distance = max(distance, float(np.abs(line(value) - drawn).max()))
    return distance
