"""The live page: every view follows the run, catches up when it comes to the front, and saves what it shows."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import csv
import io

import numpy as np
import torch
from PySide6.QtCore import QPointF

from app.bridge import Frame, RunReady
from app.plot_record import DATA, PICTURES, PlotRecord, save_plot
from app.views.live import LivePage
from core.training.events import (
    AnswersCounted,
    EpochDone,
    NetworkPrepared,
    SampleShown,
    ShotMeasured,
    StepDone,
)
from devices.catalogue import BUNDLED

CLASSES = ("a", "b", "c")
COUNTS = np.array([[5, 1, 0], [0, 7, 2], [3, 0, 4]])
FACTS = {"run": "20261125T000000Z-quick-abc"}
KINDS = ("plate", "circuit", "shg", "pendula")


@pytest.fixture
def page(qtbot) -> LivePage:
    made = LivePage()
    qtbot.addWidget(made)
    made.resize(1180, 620)
    with qtbot.waitExposed(made):
        made.show()
    return made


def begin(page: LivePage, kind: str):
    system = BUNDLED[kind].build(1, 0, {})
    page.begin("pat")
    page.set_run(RunReady(system.info, CLASSES, None, 0.01))
    return system


def shot(system, seed: int = 0) -> ShotMeasured:
    generator = torch.Generator().manual_seed(seed)
    drive = torch.rand(1, system.info.drive_dim, generator=generator)
    shared = [torch.rand(*shape, generator=generator) for shape in system.info.parameter_shapes.values()]
    return ShotMeasured(0, drive[0].numpy(), system.run(drive, *shared)[0].numpy())


def follow(page: LivePage, system, shots: int = 3) -> ShotMeasured:
    """Hand the page all kinds of events that its views draw."""
    info, last = system.info, None
    page.show_prepared(
        NetworkPrepared(np.random.default_rng(0).random((info.response_dim, info.drive_dim)) - 0.5, None)
    )
    for number in range(shots):
        last = shot(system, number)
        step = StepDone(number + 1, 0, 0.1 * (number + 1), 0.5, 0.7, 0.01, 100 * (number + 1), 0.0, 0.5 * (number + 1))
        epoch = EpochDone(number, 3, 0.5, 0.7, 0.6, 100, 1.0)
        sample = SampleShown(np.random.default_rng(1).random(12), 1, np.array([0.1, 2.0, -1.0]))
        page.show_frame(Frame({0: last}, sample, [step, epoch], 1, (1e-3, 2e-3, 3e-3)))
        page.timing._told_s = 0.0
    page.show_answers(AnswersCounted("test", COUNTS))
    assert last is not None
    return last


def bring_to_front(page: LivePage, name: str, qtbot) -> None:
    page.docks[name].raise_()
    qtbot.waitUntil(lambda: not page.panels[name].visibleRegion().isEmpty())


@pytest.mark.parametrize("kind", KINDS)
def test_every_view_of_a_system_can_be_saved_in_every_form(page: LivePage, qtbot, tmp_path, kind: str):
    asked: list[PlotRecord] = []
    page.save_requested.connect(asked.append)
    follow(page, begin(page, kind))
    names = [name for name, dock in page.docks.items() if not dock.isHidden()]
    assert len(names) >= 8
    for name in names:
        bring_to_front(page, name, qtbot)
        panel = page.panels[name]
        assert not panel.empty, name
        panel.menu.aboutToShow.emit()
        assert panel.save.isEnabled()
        panel.save.trigger()
        record = asked[-1]
        assert record.title == (panel.title if name != "class map" else "Class map: a sample of b")
        assert record.x.name
        assert record.y.name
        for ending in (*PICTURES, *DATA):
            save_plot(record, tmp_path / f"{name}{ending}", FACTS)
        assert FACTS["run"] in (tmp_path / f"{name}.csv").read_text()
        with np.load(tmp_path / f"{name}.npz", allow_pickle=False) as data:
            assert str(data["fact_run"]) == FACTS["run"]
            assert any(np.isfinite(data[key]).any() for key in data if key == "image" or key.startswith("y_0"))
    assert len(asked) == len(names)


def test_a_sample_stays_to_be_looked_at_and_the_last_one_is_shown(page: LivePage, qtbot):
    last = shot(begin(page, "shg"))
    samples = [SampleShown(np.zeros(12), label, np.zeros(3)) for label in range(3)]
    for sample in samples:
        page.show_frame(Frame({0: last}, sample))
    assert page.class_map.map.sample is samples[0]
    qtbot.waitUntil(lambda: page.class_map.map.sample is samples[2], timeout=10_000)


def test_a_view_that_comes_to_the_front_shows_the_last_shot(page: LivePage, qtbot):
    system = begin(page, "circuit")
    last = follow(page, system)
    assert page.phase.empty
    assert page.waterfall.empty
    for name in ("phase", "waterfall", "layers"):
        bring_to_front(page, name, qtbot)
        assert not page.panels[name].empty
    np.testing.assert_array_equal(page.phase.curve.x, last.response.astype(float))
    step_s = float(np.diff(system.info.response_axis.values[:2])[0])
    slope = (last.response[11].astype(float) - last.response[9]) / (2 * step_s) * 1e-6
    assert page.phase.curve.y[10] == pytest.approx(slope)


def test_a_paused_view_stays_as_it_is_and_says_so(page: LivePage, qtbot):
    system = begin(page, "plate")
    follow(page, system)
    before = page.traces.curve.y.copy()
    page.traces.pause_action.setChecked(True)
    assert page.traces._note.text() == "paused"
    page.show_frame(Frame({0: shot(system, 9)}))
    np.testing.assert_array_equal(page.traces.curve.y, before)
    page.traces.pause_action.setChecked(False)
    page.show_frame(Frame({0: shot(system, 9)}))
    assert not np.array_equal(page.traces.curve.y, before)


def test_the_kernel_of_a_convolution_is_its_impulse_response(page: LivePage, qtbot):
    system = begin(page, "plate")
    count = system.info.response_dim
    impulse = np.exp(-np.arange(count) / 20) * np.sin(np.arange(count) / 3)
    matrix = np.array(
        [[impulse[row - column] if row >= column else 0.0 for column in range(count)] for row in range(count)]
    )
    page.show_prepared(NetworkPrepared(matrix, None))
    np.testing.assert_array_equal(page.kernel.curve.y, impulse)
    np.testing.assert_array_equal(page.kernel.curve.x, system.info.response_axis.values)
    bring_to_front(page, "matrix", qtbot)
    record = page.matrix.record()
    assert record.image is not None
    np.testing.assert_array_equal(record.image, matrix)
    assert (record.diverging, record.downwards) == (True, True)
    assert record.limits == pytest.approx((-np.abs(matrix).max(), np.abs(matrix).max()))


def test_the_cross_hair_reads_an_image(page: LivePage, qtbot):
    system = begin(page, "plate")
    follow(page, system)
    bring_to_front(page, "matrix", qtbot)
    shown, plot = page.matrix.record().image, page.matrix.plot
    assert shown is not None
    rows, columns = shown.shape
    for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
        plot._hover(plot.plot_item.vb.mapViewToScene(QPointF(column + 1, row + 1)))
        assert page.matrix.readout.text().endswith(f":  {shown[row, column]:.4g}")


def test_the_confusion_matrix_is_saved_with_the_names_of_its_classes(page: LivePage, qtbot, tmp_path):
    follow(page, begin(page, "shg"))
    save_plot(page.confusion.record(), tmp_path / "a.csv", FACTS)
    rows = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert ["# names", *CLASSES] in rows
    assert ["# values", "Samples"] in rows
    np.testing.assert_array_equal(np.array([row for row in rows if not row[0].startswith("#")], float), COUNTS)
    save_plot(page.confusion.record(), tmp_path / "a.svg", FACTS)
    drawn = (tmp_path / "a.svg").read_text()
    assert all(f">{name}<" in drawn for name in (*CLASSES, "Samples"))
