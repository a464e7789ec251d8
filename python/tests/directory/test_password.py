from __future__ import annotations

import re
import threading

import pytest

from gromox.directory import libcrypt
from gromox.directory.errors import InvalidError
from gromox.directory.password import DECOY, hash_password, verify_password

# Of the password "secret", made by other programs' crypt(3).
HASHES = {
    "sha512": (
        "$6$abcdefghijklmnop$J/AWykHqo2Tx5UtavGnFc3ytI33la50JpzLTarSW"
        "VhkIXK6wOjNwwZjsrIw2UgmrER2EKrSHCeQyAINEEXAk1/"
    ),
    "sha512 rounds": (
        "$6$rounds=50000$abcdefghijklmnop$1dfLTMM5k7HnW6wi0/ilYjSHcw/"
        "UhVDmjlpSOzbdYm4/zvo1IySAXqFIoGy5TloSorG2RD67J93k9L1hzZ3t31"
    ),
    "sha512 default rounds": (
        "$6$rounds=5000$abcdefghijklmnop$J/AWykHqo2Tx5UtavGnFc3ytI33l"
        "a50JpzLTarSWVhkIXK6wOjNwwZjsrIw2UgmrER2EKrSHCeQyAINEEXAk1/"
    ),
    "sha256": "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
    "md5": "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1",
    "bcrypt": "$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u",
    "yescrypt": "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLKy0",
}


@pytest.mark.parametrize("stored", HASHES.values(), ids=HASHES)
def test_hashes_of_the_system_are_verified(stored: str) -> None:
    assert verify_password("secret", stored)
    assert not verify_password("secreT", stored)
    assert not verify_password("secret", stored[:-1])


@pytest.mark.parametrize("kind", ["sha512", "sha512 rounds", "sha512 default rounds", "sha256", "md5"])
def test_both_implementations_agree(kind: str) -> None:
    for text in ("secret", "pässwörd", "x" * 300):
        passphrase = text.encode()
        assert libcrypt.crypt(passphrase, HASHES[kind]) == libcrypt.python_crypt(passphrase, HASHES[kind])


def test_a_new_hash_is_sha512_with_16_characters_of_salt_and_fits_the_column() -> None:
    hashed = hash_password("pässwörd")

    assert re.fullmatch(r"\$6\$rounds=\d+\$[A-Za-z0-9./]{16}\$[A-Za-z0-9./]{86}", hashed)
    assert len(hashed) <= 136
    assert verify_password("pässwörd", hashed)
    assert hash_password("pässwörd") != hashed


@pytest.mark.parametrize("bad", ["", "x" * 513, "a\0b"])
def test_unusable_passwords_are_refused(bad: str) -> None:
    with pytest.raises(InvalidError):
        hash_password(bad)


@pytest.mark.parametrize(
    "stored", ["", "*", "!", "*0", "*1", "x", "$6$", "$9$abc$def", "plain", "$6$ü$x", "$6$a\0b"]
)
def test_what_is_no_hash_fits_no_password(stored: str) -> None:
    for text in ("", "secret", stored, "*0", "*1"):
        assert not verify_password(text, stored)


def test_nothing_after_a_nul_is_ignored() -> None:
    assert not verify_password("secret\0more", HASHES["sha512"])


def test_a_lone_surrogate_is_a_wrong_password() -> None:
    assert not verify_password("\ud800", HASHES["sha512"])


def test_the_decoy_fits_nothing() -> None:
    assert not verify_password("secret", DECOY)


def test_threads_do_not_disturb_each_other() -> None:
    wrong: list[str] = []

    def work(kind: str) -> None:
        wrong.extend(kind for _ in range(20) if not verify_password("secret", HASHES[kind]))

    threads = [threading.Thread(target=work, args=(kind,)) for kind in ("sha512", "sha256", "md5", "sha512")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
