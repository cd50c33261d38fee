"""Properties of an object that are made once, when they are first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class part(Generic[T]):  # noqa: N801 - it is used as a decorator, as `property` is
    """A property that is made once, by one thread at a time, under the lock of its owner.

    `functools.cached_property` has, up to Python 3.11, a lock for each property, which two threads
    that make parts of each other would take in opposite orders.
    """

    lock = "_guard"

    def __init__(self, make: Callable[[Any], T]) -> None:
        self.make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, bench: Any, owner: type) -> T:
        with getattr(bench, self.lock):
            held: dict[str, Any] = bench.__dict__
            if self.name not in held:
                held[self.name] = self.make(bench)
            made: T = held[self.name]
            return made


class leaf(part[T]):  # noqa: N801
    """One that needs no other part, and is wanted while others, which take long, are made."""

    lock = "_leaf_guard"
