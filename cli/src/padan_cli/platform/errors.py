"""What can go wrong with the local platform, said in both languages."""

from dataclasses import dataclass


@dataclass(eq=False)
class PlatformError(Exception):
    """Something the person at the keyboard can act on.

    `code` is stable; `indonesian` and `english` say what is wrong and what to do.
    """

    code: str
    indonesian: str
    english: str

    def __str__(self) -> str:
        return f"[{self.code}] {self.indonesian}\n{' ' * (len(self.code) + 3)}{self.english}"
