"""A box to choose a word from, in the language of the window; what is chosen has the same name in all of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from app.language import follow, tr

WORD = Qt.ItemDataRole.UserRole + 1


class WordBox(QComboBox):
    """Items are words of the catalogue; the data of each is its English word, or what it was offered with."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        super().__init__()
        for word in words:
            self.offer(word, word)
        follow(self.say_words)

    def offer(self, word: str, data: str) -> None:
        """Add a word."""
        self.addItem(tr(word), data)
        self.setItemData(self.count() - 1, word, WORD)

    @property
    def chosen(self) -> str:
        """Return the data of the word that is chosen."""
        return self.currentData() or ""

    def choose(self, data: str) -> None:
        """Choose a word by its data."""
        self.setCurrentIndex(self.findData(data))

    def say_words(self) -> None:
        """Write the words."""
        for place in range(self.count()):
            self.setItemText(place, tr(self.itemData(place, WORD)))
