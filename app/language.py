"""The language of the window: English or Chinese, changed while it is open; the system's unless the user has another.

The English text is the key of the catalogue in `resources/translations`. What a widget shows is said with `say`, which
says it again in another language; what is drawn or asked for anew each time is looked up with `tr`.
`tests/gui/test_texts.py` names what the catalogue lacks; once it is there: pyside6-lrelease overtone_zh_CN.ts.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any, Literal, Protocol, TypeVar
from weakref import WeakKeyDictionary

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QSettings, QTranslator, Signal
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from core.phrase import Phrase

Language = Literal["system", "en", "zh_CN"]
LANGUAGES: dict[Language, str] = {"system": "as the system", "en": "English", "zh_CN": "简体中文"}
CONTEXT = "Overtone"

# what was said by a setter (None: a method that renders by itself), by its widget; gone with the widget
_said: WeakKeyDictionary[QObject, dict[str, str | None]] = WeakKeyDictionary()


class _Worded(Protocol):
    def setText(self, text: str, /) -> object: ...


W = TypeVar("W", bound=_Worded)


def tr(text: str, **values: object) -> str:
    """Return a text in the language of the window, filled with its values, of which phrases are translated too."""
    if isinstance(text, Phrase):
        text, values = text.template, text.values
    translated = QCoreApplication.translate(CONTEXT, text) if text else ""
    if not values:
        return translated
    return translated.format(**{name: tr(x) if isinstance(x, Phrase) else x for name, x in values.items()})


def headline(text: str) -> str:
    """Write a text as a title begins."""
    return text[:1].upper() + text[1:]


def say(setter: Callable[[str], object], text: str, **values: object) -> None:
    """Show a text by a widget's setter, and show it again when the language changes, until another one is said."""
    phrase = Phrase(text, **values) if values else text
    _remember(setter, phrase)
    setter(tr(phrase))


def said(setter: Any) -> str:
    """Return what was said last by a setter, in English."""
    return _said.get(setter.__self__, {}).get(setter.__name__) or ""


def worded(widget: W, text: str) -> W:
    """Say the text of a new widget, and return the widget."""
    say(widget.setText, text)
    return widget


def follow(render: Callable[[], object]) -> None:
    """Call a method of a widget or model now, and again when the language changes."""
    _remember(render, None)
    render()


def _remember(method: Any, phrase: str | None) -> None:
    _said.setdefault(method.__self__, {})[method.__name__] = phrase


def _say_again() -> None:
    for owner, methods in list(_said.items()):
        for name, phrase in list(methods.items()):
            if isValid(owner):
                method = getattr(owner, name)
                method() if phrase is None else method(tr(phrase))


class LanguageController(QObject):
    """Keep the chosen language, and apply it to all that was said; `changed` comes when it is done."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        stored: Any = settings.value("language", "system")
        self._language: Language = stored if stored in LANGUAGES else "system"
        self._translators: list[QTranslator] = []

    @property
    def language(self) -> Language:
        """Return what the user chose."""
        return self._language

    def set_language(self, language: Language) -> None:
        """Follow the system, or speak one language whatever it says."""
        self._language = language
        self.settings.setValue("language", language)
        self.apply()

    def apply(self) -> None:
        """Say everything in the language in force, Qt's own dialogs too."""
        for old in self._translators:
            QCoreApplication.removeTranslator(old)
            old.deleteLater()
        self._translators = [] if self._resolve() == "en" else [_catalogue(self), _qt_catalogue(self)]
        for translator in self._translators:
            QCoreApplication.installTranslator(translator)
        _say_again()
        for widget in QApplication.allWidgets():
            widget.update()  # what is drawn is looked up as it is drawn
        self.changed.emit()

    def _resolve(self) -> Language:
        if self._language == "system":
            return "zh_CN" if QLocale.system().uiLanguages()[0].startswith("zh") else "en"
        return self._language


def _catalogue(parent: QObject) -> QTranslator:
    translator = QTranslator(parent)
    with resources.as_file(resources.files("resources") / "translations" / "overtone_zh_CN.qm") as path:
        translator.load(str(path))
    return translator


def _qt_catalogue(parent: QObject) -> QTranslator:
    translator = QTranslator(parent)
    translator.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    return translator
