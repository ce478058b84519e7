"""What can be done with runs that exist: actions, each with the reason when it cannot be done now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QFile, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.background import Background
from app.language import say, worded
from app.run_preview import short_name
from app.runs_model import size
from app.widgets.strip import Strip
from core.phrase import Phrase
from core.ports import RunFileError
from core.run.files import is_owned

if TYPE_CHECKING:
    from core.report.export import Target
    from core.run.index import RunSummary

TARGETS: dict[Target, str] = {
    "csv": "Tables (CSV)",
    "notebook": "Notebook (Jupyter)",
    "tensorboard": "Events (TensorBoard)",
    "torchscript": "Network (TorchScript)",
}


class RunActions(QObject):
    """Actions on the runs that were offered last; files are written one after the other, in the background.

    The window starts what `repeat_requested` and `resume_requested` ask for, each with a run. `problem` is a sentence;
    `changed` says that files of runs are other than before.
    """

    repeat_requested = Signal(object)
    resume_requested = Signal(object)
    problem = Signal(str)
    changed = Signal()

    def __init__(self, strip: Strip, parent: QWidget) -> None:
        super().__init__(parent)
        self._strip = strip
        self._runs: Sequence[RunSummary] = ()
        self._busy, self._doing = "", ""
        self._background = Background(self)
        self._background.failed.connect(self._failed)
        self._tips: dict[QAction, str] = {}
        self.repeat = self._add("Repeat", "Start a new run with all settings of this one", self._repeat)
        self.go_on = self._add("Go on", "Go on with this interrupted run where it was", self._go_on)
        self.report = self._add("Report", "Write a report to read and to print, and open it (Enter)", self._report)
        self.export = self._add("Export…", "Take this run to other programs", None)
        self.folder = self._add("Open folder", "Show the run's files", self._open_folder)
        self.trash = self._add("Move to trash", "Take these runs away, to the system's trash (Del)", self._ask_trash)
        say(self.folder.setIconText, "Folder")  # which a button shows, where there is less room than in a menu
        say(self.trash.setIconText, "Trash")
        self.trash.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        self.trash.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.all = (self.repeat, self.go_on, self.report, self.export, self.folder, self.trash)
        self.plain = tuple(action for action in self.all if action is not self.export)  # without a menu
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        self.targets: dict[Target, QAction] = {}
        for target, name in TARGETS.items():
            self.targets[target] = worded(menu.addAction(""), name)
            self.targets[target].triggered.connect(partial(self._export, target))
        self.export.setMenu(menu)
        self._enable()

    def offer(self, runs: Sequence[RunSummary]) -> None:
        """Act on these runs from now on."""
        if [run.path for run in runs] != [run.path for run in self._runs]:
            self._strip.withdraw()
        self._runs = runs
        self._enable()

    def set_busy(self, reason: str) -> None:
        """Let no run be started and say why, "" where nothing is under way."""
        self._busy = reason
        self._enable()

    def _add(self, text: str, tip: str, act: Callable[[], None] | None) -> QAction:
        action = worded(QAction(self), text)
        self._tips[action] = tip
        if act is not None:
            action.triggered.connect(act)
        return action

    def _enable(self) -> None:
        for action, reason in self._reasons().items():
            action.setEnabled(not reason)
            say(action.setToolTip, reason or self._tips[action])
        finished = all(run.state == "finished" for run in self._runs)
        self.targets["torchscript"].setEnabled(finished)
        say(self.targets["torchscript"].setToolTip, "" if finished else "A network is there when the run has finished.")

    def _reasons(self) -> dict[QAction, str]:
        runs = self._runs
        none = "" if runs else "Choose a run first."
        one = none or ("" if len(runs) == 1 else "Choose one run alone for this.")
        sound = one or (
            "" if runs[0].state != "unreadable" else Phrase("It cannot be read: {reason}", reason=runs[0].reason)
        )
        free = sound or self._busy
        idle = Phrase("{doing}: wait until that is done.", doing=self._doing) if self._doing else ""
        cut_short = ""
        if not free and runs[0].state != "interrupted":
            cut_short = Phrase("This run is {state}, not interrupted.", state=Phrase(runs[0].state))
        written = (short_name(run.name) for run in runs if run.state == "running")
        owned = next((Phrase("{run} is being written to.", run=name) for name in written), "")
        return {
            self.repeat: one or self._busy,  # its specification may be sound where its records are not
            self.go_on: free or cut_short,
            self.report: sound or idle,
            self.export: sound or idle,
            self.folder: one,
            self.trash: none or owned or idle,
        }

    def _repeat(self) -> None:
        self.repeat_requested.emit(self._runs[0])

    def _go_on(self) -> None:
        self.resume_requested.emit(self._runs[0])

    def _report(self) -> None:
        path = self._runs[0].path
        self._do(
            Phrase("Writing the report of {run}", run=short_name(path.name)), lambda: _make_report(path), self._reported
        )

    def _reported(self, page: Path) -> None:
        self._strip.tell(Phrase("Report written: {page}", page=page), "Open again", partial(open_path, page))
        open_path(page)

    def _export(self, target: Target) -> None:
        path = self._runs[0].path
        self._do(Phrase("Exporting {run}", run=short_name(path.name)), lambda: _export(path, target), self._exported)

    def _exported(self, file: Path) -> None:
        self._strip.tell(Phrase("Exported: {file}", file=file), "Open folder", partial(open_path, file.parent))

    def _open_folder(self) -> None:
        open_path(self._runs[0].path)

    def _ask_trash(self) -> None:
        runs = self._runs
        what = short_name(runs[0].name) if len(runs) == 1 else Phrase("{count} runs", count=len(runs))
        text = "Move {runs} ({size}) to the trash? It can be put back from there."
        question = Phrase(text, runs=what, size=size(sum(run.size_bytes for run in runs)))
        self._strip.ask(question, "Move to trash", partial(self._trash, [run.path for run in runs], what), "Keep")

    def _trash(self, paths: Sequence[Path], what: str) -> None:
        self._do(
            Phrase("Moving {runs} to the trash", runs=what), lambda: move_to_trash(paths), lambda _: self._trashed(what)
        )

    def _trashed(self, what: str) -> None:
        self._strip.tell(Phrase("Moved {runs} to the trash.", runs=what))
        self.changed.emit()

    def _do(self, doing: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        def finish(result: Any) -> None:
            self._set_doing("")
            done(result)

        self._set_doing(doing)
        self._strip.show_progress(doing)
        self._background.run(work, finish)

    def _failed(self, reason: str) -> None:
        self._set_doing("")
        self._strip.hide()
        self.problem.emit(reason)
        self.changed.emit()

    def _set_doing(self, doing: str) -> None:
        self._doing = doing
        self._enable()


def open_path(path: Path) -> None:
    """Show a file or a folder in the program that the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.absolute())))


def move_to_trash(paths: Sequence[Path]) -> None:
    """Move folders of runs to the system's trash. Raises RunFileError where one is written to, or there is no trash."""
    for path in paths:
        if is_owned(path):
            raise RunFileError(
                f"{path} was not moved: it is being written to. Wait until its run has ended, or end it."
            )
    for path in paths:
        if not QFile.moveToTrash(str(path.absolute())):
            raise RunFileError(f"{path} was not moved: this system has no trash for it. It is where it was.")


def _make_report(path: Path) -> Path:
    from core.report.make import make_report

    page, _ = make_report(path, ("html", "pdf"))
    return page


def _export(path: Path, target: Target) -> Path:
    from app.compose import compose
    from core.report.export import export_run

    return export_run(path, [target], compose)[0]
