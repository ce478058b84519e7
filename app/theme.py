"""Colours, spacing and style sheet of the window, light and dark; the system's choice unless the user has another."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

Mode = Literal["system", "light", "dark"]
# without these, Qt may take a font whose Chinese characters have the Japanese shapes
CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei UI", "PingFang SC", "WenQuanYi Micro Hei")
MODES: tuple[Mode, ...] = ("system", "light", "dark")


@dataclass(frozen=True)
class Theme:
    """The tokens. Text has a contrast of at least 11:1 on all three surfaces, all other colours 4.4:1."""

    name: Literal["light", "dark"]
    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    ok: str
    warn: str
    bad: str
    series: tuple[str, ...]


LIGHT = Theme(
    "light",
    background="#F7F8FA",
    surface="#FFFFFF",
    raised="#EEF1F5",
    line="#D5DAE1",
    text="#1B2430",
    muted="#566273",
    accent="#0B62C4",
    ok="#1B7F4B",
    warn="#9A5B00",
    bad="#B3261E",
    series=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A6D00", "#56B4E9"),
)
DARK = Theme(
    "dark",
    background="#14181E",
    surface="#1B2129",
    raised="#252D37",
    line="#37424F",
    text="#E8ECF1",
    muted="#A3AFBD",
    accent="#6CB2FF",
    ok="#5FD195",
    warn="#F2B45A",
    bad="#FF8A80",
    series=("#56B4E9", "#FF9E4A", "#3DDC97", "#F0A6CA", "#F0E442", "#8FB8DE"),
)


def blend(colour: str, other: str, share: float) -> str:
    """Mix two colours; an opaque pen draws far faster than a translucent one."""
    a, b = QColor(colour), QColor(other)
    mixed = (round(x + (y - x) * share) for x, y in zip(a.toTuple()[:3], b.toTuple()[:3], strict=True))  # type: ignore[misc]
    return QColor(*mixed).name()


def icon(name: str, colour: str, size: int = 20) -> QIcon:
    """Draw one of our line icons in a colour, sharp at scales 1 to 3."""
    svg = (resources.files("resources") / "icons" / f"{name}.svg").read_text("utf-8")
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))
    drawn = QIcon()
    for scale in (1, 2, 3):
        pixmap = QPixmap(size * scale, size * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter)
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        drawn.addPixmap(pixmap)
    return drawn


def dot(colour: str, size: int = 8) -> QIcon:
    """Draw a dot, sharp at scales 1 to 3."""
    drawn = QIcon()
    for scale in (1, 2, 3):
        pixmap = QPixmap(size * scale, size * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(pixmap.rect())
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        drawn.addPixmap(pixmap)
    return drawn


class ThemeController(QObject):
    """Keep the chosen mode, apply it to the application, and tell the widgets that draw themselves."""

    changed = Signal(object)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        stored = str(settings.value("theme", "system"))
        self._mode: Mode = stored if stored in MODES else "system"
        self._theme = self._resolve()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def theme(self) -> Theme:
        """Return the theme in force."""
        return self._theme

    @property
    def mode(self) -> Mode:
        """Return what the user chose."""
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Follow the system, or be light or dark whatever it says."""
        self._mode = mode
        self.settings.setValue("theme", mode)
        self.apply()

    def apply(self) -> None:
        """Style the application and announce the theme."""
        self._theme = self._resolve()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setStyle("Fusion")
            app.setPalette(palette(self._theme))
            app.setFont(text_font())
            app.setStyleSheet(style_sheet(self._theme))
        self.changed.emit(self._theme)

    def _resolve(self) -> Theme:
        if self._mode == "system":
            return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._mode == "dark" else LIGHT

    def _system_changed(self) -> None:
        if self._mode == "system" and self._resolve() is not self._theme:
            self.apply()


def text_font() -> QFont:
    """Return the one text font: the system's at 10 pt, with digits of equal width, and a Chinese one behind it."""
    font = QFont(QGuiApplication.font())
    installed = set(QFontDatabase.families())
    font.setFamilies([QFontInfo(font).family(), *(family for family in CHINESE_FONTS if family in installed)])
    font.setPointSizeF(10)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def palette(theme: Theme) -> QPalette:
    """Return the theme as Qt's palette."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.background,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.surface,
        role.Link: theme.accent,
        role.Mid: theme.line,
    }
    result = QPalette()
    for key, colour in colours.items():
        result.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, key, QColor(blend(theme.muted, theme.surface, 0.35)))
    return result


def style_sheet(theme: Theme) -> str:
    """Return the style sheet: flat surfaces, 1-px lines, radius 6, a 4-px grid."""
    t, faded = theme, blend(theme.muted, theme.surface, 0.35)
    return f"""
    QMainWindow, QWidget#page {{ background: {t.background}; }}
    QWidget#runBar, QWidget#setup, QWidget#rail, QFrame#panel, QFrame#card {{ background: {t.surface}; }}
    QWidget#runBar {{ border-bottom: 1px solid {t.line}; }}
    QWidget#setup, QWidget#rail {{ border-right: 1px solid {t.line}; }}
    QFrame#panel, QFrame#card {{ border: 1px solid {t.line}; border-radius: 6px; }}
    QLabel {{ background: transparent; border: none; }}
    QLabel[role="muted"], QLabel[role="section"] {{ color: {t.muted}; }}
    QLabel[role="title"] {{ font-size: 14pt; font-weight: 500; }}
    QLabel[role="heading"] {{ font-size: 11pt; font-weight: 500; }}
    QFrame#card[pressable="true"]:hover, QFrame#card[pressable="true"]:focus {{ border-color: {t.accent}; }}
    QLabel[role="badge"] {{ color: {t.muted}; border: 1px solid {t.line}; border-radius: 6px; padding: 1px 8px; }}
    QLabel[role="badge"][status="demo"] {{ color: {t.accent}; border-color: {t.accent}; }}
    QLabel[role="badge"][status="connected"] {{ color: {t.ok}; border-color: {t.ok}; }}
    QPushButton, QToolButton {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.line};
        border-radius: 6px; padding: 4px 12px; min-height: 20px; }}
    QPushButton:hover, QToolButton:hover {{ background: {t.raised}; }}
    QPushButton:pressed, QToolButton:pressed {{ background: {t.line}; }}
    QPushButton:focus, QToolButton:focus {{ border-color: {t.accent}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {faded}; background: transparent; }}
    QPushButton[primary="true"] {{ background: {t.accent}; color: {t.surface}; border-color: {t.accent}; }}
    QPushButton[primary="true"]:hover {{ background: {blend(t.accent, t.text, 0.15)}; }}
    QPushButton[primary="true"]:focus {{ border-color: {t.text}; }}
    QPushButton[primary="true"]:disabled {{ background: {t.raised}; color: {faded}; border-color: {t.line}; }}
    QToolButton[flat="true"] {{ border-color: transparent; background: transparent; padding: 2px 6px; }}
    QToolButton[flat="true"]:hover {{ background: {t.raised}; }}
    QToolButton[rail="true"] {{ border-color: transparent; background: transparent; padding: 6px 2px; }}
    QToolButton[rail="true"]:hover {{ background: {t.raised}; }}
    QToolButton[rail="true"]:checked {{ background: {t.raised}; border-color: {t.accent}; }}
    QPushButton[step="true"] {{ border-color: transparent; background: transparent; text-align: left;
        padding: 3px 8px; min-height: 22px; }}
    QPushButton[step="true"]:hover {{ background: {t.raised}; }}
    QPushButton[step="true"]:focus {{ border-color: {t.line}; }}
    QPushButton[step="true"]:checked {{ background: {t.raised}; border-color: {t.accent}; }}
    QWidget#panelHeader {{ background: {t.background}; }}
    QMainWindow::separator {{ background: {t.background}; width: 8px; height: 8px; }}
    QTabBar {{ background: {t.background}; }}
    QTabBar::tab {{ background: transparent; color: {t.muted}; padding: 4px 12px; margin: 2px; border: none;
        border-radius: 6px; }}
    QTabBar::tab:selected {{ background: {t.raised}; color: {t.text}; }}
    QTabBar::tab:hover {{ color: {t.text}; }}
    QLabel[role="warning"] {{ color: {t.warn}; }}
    QLabel[role="problem"] {{ color: {t.bad}; }}
    QLabel[role="dot"] {{ color: {t.accent}; }}
    QWidget#form {{ background: {t.surface}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QComboBox, QSpinBox, QLineEdit {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px;
        padding: 3px 8px; min-height: 20px; selection-background-color: {t.accent}; selection-color: {t.surface}; }}
    QLineEdit[wrong="true"], QLineEdit[wrong="true"]:focus {{ border-color: {t.bad}; }}
    QComboBox:focus, QSpinBox:focus, QLineEdit:focus {{ border-color: {t.accent}; }}
    QComboBox:disabled, QSpinBox:disabled, QLineEdit:disabled {{ color: {faded}; background: {t.background}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: none; width: 0; height: 0; border-left: 4px solid {t.surface};
        border-right: 4px solid {t.surface}; border-top: 5px solid {t.muted}; }}
    QComboBox QAbstractItemView {{ background: {t.surface}; border: 1px solid {t.line}; padding: 4px;
        selection-background-color: {t.raised}; selection-color: {t.text}; }}
    QListView#presets {{ background: {t.surface}; border: none; outline: none; }}
    QListView#presets::item {{ padding: 6px 4px; border: 1px solid transparent; border-radius: 6px; color: {t.text}; }}
    QListView#presets::item:disabled {{ color: {t.muted}; padding: 6px 4px; }}
    QListView#presets::item:hover {{ background: {t.raised}; }}
    QListView#presets::item:selected {{ background: {t.raised}; border-color: {t.accent}; color: {t.text}; }}
    QProgressBar {{ background: {t.raised}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QFrame#notice {{ background: {t.surface}; border: 1px solid {t.bad}; border-radius: 6px;
        margin: 12px 12px 0 12px; }}
    QFrame#notice[level="warning"] {{ border-color: {t.warn}; }}
    QTableView {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 6px; outline: none;
        selection-background-color: {t.raised}; selection-color: {t.text}; }}
    QTableView::item {{ padding: 2px 8px; }}
    QHeaderView {{ background: {t.surface}; }}
    QHeaderView::section {{ background: {t.surface}; color: {t.muted}; border: none;
        border-bottom: 1px solid {t.line}; padding: 6px 8px; }}
    QScrollArea {{ background: transparent; border: none; }}
    QPlainTextEdit {{ background: {t.background}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px; }}
    QWidget#statusLine {{ background: {t.background}; border-top: 1px solid {t.line}; }}
    QSplitter::handle {{ background: {t.background}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; }}
    QScrollBar::handle:vertical {{ background: {t.line}; border-radius: 5px; min-height: 24px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; }}
    QScrollBar::handle:horizontal {{ background: {t.line}; border-radius: 5px; min-width: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu {{ background: {t.surface}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 4px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.raised}; }}
    """
