"""Every refusal of the store and of the directory has an IMAP answer."""

from __future__ import annotations

import pytest

from gromox.base.errors import GromoxError
from gromox.directory.errors import AuthError, AuthReason, DirectoryError
from gromox.imap.answers import ANSWERS, AUTH_ANSWERS, answer
from gromox.store.errors import FolderGoneError, QuotaError, StoreError


def all_below(cls: type[GromoxError]) -> set[type[GromoxError]]:
    """Every class of the product derived from ``cls``."""
    subs = [sub for sub in cls.__subclasses__() if sub.__module__.startswith("gromox.")]
    return {c for sub in subs for c in {sub, *all_below(sub)}}


def test_no_refusal_is_without_an_answer() -> None:
    assert set(ANSWERS) == all_below(StoreError) | all_below(DirectoryError)


def test_no_refused_login_is_without_an_answer() -> None:
    assert set(AUTH_ANSWERS) == set(AuthReason)


@pytest.mark.parametrize("said", [*ANSWERS.values(), *AUTH_ANSWERS.values()])
def test_an_answer_is_one_line_of_ascii(said: tuple[str, str]) -> None:
    code, text = said

    assert code.isascii()
    assert code.isupper()
    assert text.isascii()
    assert text.isprintable()


def test_the_nearest_class_decides() -> None:
    class NewError(QuotaError):
        pass

    assert answer(NewError("x")).code == "OVERQUOTA"
    assert answer(FolderGoneError("x")).text == "the mailbox was deleted meanwhile"
    assert answer(AuthError(AuthReason.BLOCKED)).code == "UNAVAILABLE"
    assert answer(GromoxError("x")).code == "SERVERBUG"
