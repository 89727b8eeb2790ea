"""What `git cat-file --batch` prints, taken piece by piece."""

from __future__ import annotations


class Batch:
    """Takes what `cat-file --batch` prints, piece by piece.

    `found` are the bytes of the objects by id, `larger` are those with more than `most` bytes, which are not held.
    """

    def __init__(self, most: int) -> None:
        self.found: dict[str, bytes] = {}
        self.larger: set[str] = set()
        self._most = most
        self._waiting = bytearray()
        self._object: tuple[str, int] | None = None

    def write(self, data: bytes) -> None:
        """Take the next piece."""
        self._waiting += data
        while self._take():
            pass

    def _take(self) -> bool:
        """Take one line about an object, or what there is of one; return False where more has to come first."""
        if self._object is None:
            end = self._waiting.find(b"\n")
            words = self._waiting[: end + 1].decode().split()
            del self._waiting[: end + 1]
            if words and words[-1] != "missing":
                self._object = (words[0], int(words[-1]) + 1)  # a newline follows
            return bool(words)
        name, left = self._object
        if left > self._most + 1 or name in self.larger:
            self.larger.add(name)
            gone = min(left, len(self._waiting))
            self._object = (name, left - gone) if left > gone else None
        elif len(self._waiting) >= left:
            gone = left
            self.found[name], self._object = bytes(self._waiting[: left - 1]), None
        else:
            return False
        del self._waiting[:gone]
        return gone > 0
