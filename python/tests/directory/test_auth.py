from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, update

from gromox.base.secret import Secret
from gromox.directory import Directory, alias, credential, domain, user, user_property
from gromox.directory.auth import Account, Authenticator, AuthPolicy, split_impersonation
from gromox.base.wire import Peer
from gromox.directory.resolve import Resolver
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.errors import AmbiguousError, AuthError, AuthReason
from gromox.directory.limiter import LimiterBounds
from gromox.directory.login import Login, look_up
from gromox.directory.model import Alias, Altname, User, UserProperty
from gromox.directory.status import AddressStatus, DisplayType, DomainStatus, Privilege

if TYPE_CHECKING:
    from gromox.base.clock import ManualClock

ALICE = "alice@example.test"
RIGHT = Secret("right")
WRONG = Secret("wrong")
IMAP = Privilege.IMAP_POP3
PEER = Peer("192.0.2.1", 50000, tls=True, local_port=993, connection_id="c1")


@pytest.fixture(autouse=True)
def example(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=9)
    user.create(directory, ALICE, password=RIGHT, lang="de_DE", timezone="Europe/Berlin")


@pytest.fixture
def authenticator(directory: Directory, clock: ManualClock) -> Authenticator:
    return Authenticator(directory, clock, policy=AuthPolicy(limits=LimiterBounds(max_tries=3)))


@pytest.fixture
def resolver(directory: Directory) -> Resolver:
    return Resolver(directory)


def refusal(
    authenticator: Authenticator, login: str = ALICE, password: Secret = RIGHT, wanted: Privilege = IMAP
) -> AuthReason:
    with pytest.raises(AuthError) as caught:
        authenticator.authenticate(login, password, wanted, peer="192.0.2.1")
    return caught.value.reason


def elsewhere(directory: Directory) -> Directory:
    """The same database as another process sees it."""
    return Directory.connect(directory.engine.url, clock=directory.clock)


def test_all_names_lead_to_the_account(directory: Directory, authenticator: Authenticator) -> None:
    alias.add(directory, ALICE, "al@example.test")
    alias.add_altname(directory, ALICE, "EXAMPLE\\alice")

    for login in (ALICE, "Alice@EXAMPLE.test", "al@example.test", "example\\Alice"):
        account = authenticator.authenticate(login, RIGHT, IMAP)
        assert account.username == ALICE
        assert account.maildir == Path("/stores/user/example.test/alice")
        assert (account.lang, account.timezone) == ("de_DE", "Europe/Berlin")
        assert account.privilege & Privilege.WEB


@pytest.mark.parametrize(
    "login", ["", "alice", "alice@example.test ", "älice@example.test", "alice@example.test\0", "%"]
)
def test_other_names_do_not(authenticator: Authenticator, login: str) -> None:
    assert refusal(authenticator, login) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


@pytest.mark.parametrize("password", ["", "wrong", "right ", "Right", "right\0", "x" * 100_000])
def test_other_passwords_are_refused(authenticator: Authenticator, password: str) -> None:
    assert refusal(authenticator, password=Secret(password)) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_accented_letters_are_not_their_base_letters(
    directory: Directory, authenticator: Authenticator
) -> None:
    alias.add_altname(directory, ALICE, "muller")

    assert refusal(authenticator, "müller") is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_a_name_of_two_objects_is_refused(directory: Directory, authenticator: Authenticator) -> None:
    bob = user.create(directory, "bob@example.test", password=RIGHT)
    with directory.writing() as session:
        # Other programs do not look at all three tables.
        session.execute(insert(Altname).values(user_id=bob.user_id, altname=ALICE, magic=0))

    with pytest.raises(AmbiguousError):
        look_up(directory, ALICE)
    assert refusal(authenticator) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_two_names_of_one_object_are_not_ambiguous(
    directory: Directory, authenticator: Authenticator
) -> None:
    with directory.writing() as session:
        session.execute(insert(Alias).values(aliasname="alias@example.test", mainname=ALICE))
    alice = user.get(directory, ALICE)
    with directory.writing() as session:
        session.execute(insert(Altname).values(user_id=alice.user_id, altname="alias@example.test", magic=0))

    assert authenticator.authenticate("alias@example.test", RIGHT, IMAP).username == ALICE


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (AddressStatus.SUSPENDED, AuthReason.DISABLED),
        (AddressStatus.DELETED, AuthReason.DISABLED),
        (AddressStatus.SHARED, AuthReason.SHARED),
    ],
)
def test_the_state_is_told_to_who_knows_the_password(
    directory: Directory, authenticator: Authenticator, status: AddressStatus, reason: AuthReason
) -> None:
    user.set_status(directory, ALICE, status)

    assert refusal(authenticator) is reason
    assert refusal(authenticator, password=WRONG) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_a_disabled_domain(directory: Directory, authenticator: Authenticator) -> None:
    domain.set_status(directory, "example.test", DomainStatus.SUSPENDED)

    assert refusal(authenticator) is AuthReason.DOMAIN_DISABLED


def test_only_users_with_a_mailbox_log_in(directory: Directory, authenticator: Authenticator) -> None:
    user.create(directory, "room@example.test", password=RIGHT, display_type=DisplayType.ROOM)
    user.create(directory, "homeless@example.test", password=RIGHT, with_maildir=False)
    credential.set_admin_password(directory, RIGHT)

    assert refusal(authenticator, "room@example.test") is AuthReason.NOT_A_USER
    assert refusal(authenticator, "homeless@example.test") is AuthReason.NOT_A_USER
    assert refusal(authenticator, "admin") is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_a_user_without_the_mandatory_property_cannot_log_in(
    directory: Directory, authenticator: Authenticator
) -> None:
    with directory.writing() as session:
        session.execute(delete(UserProperty).where(UserProperty.proptag == user_property.DISPLAY_TYPE_EX))

    assert refusal(authenticator) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_privileges(directory: Directory, authenticator: Authenticator) -> None:
    user.set_privilege(directory, ALICE, revoke=IMAP | Privilege.EAS)

    assert refusal(authenticator) is AuthReason.NO_PRIVILEGE
    assert refusal(authenticator, wanted=Privilege.EAS) is AuthReason.NO_PRIVILEGE
    assert refusal(authenticator, wanted=Privilege.WEB | Privilege.EAS) is AuthReason.NO_PRIVILEGE
    assert authenticator.authenticate(ALICE, RIGHT, Privilege.WEB | Privilege.DAV).username == ALICE
    with directory.writing() as session:
        session.execute(update(User).where(User.username == ALICE).values(privilege_bits=int(Privilege.SMTP)))
    # While DETAIL1 is clear, the three below it are granted.
    assert authenticator.authenticate(ALICE, RIGHT, Privilege.EAS | Privilege.SMTP).username == ALICE


def test_a_remembered_login_needs_no_database(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert authenticator.cached(ALICE, RIGHT, IMAP) is None
    account = authenticator.authenticate(ALICE, RIGHT, IMAP)
    monkeypatch.setattr(Directory, "reading", lambda _self: pytest.fail("the database was asked"))

    assert authenticator.cached("ALICE@example.test", RIGHT, IMAP) == account
    assert authenticator.authenticate(ALICE, RIGHT, IMAP) == account
    assert authenticator.cached(ALICE, WRONG, IMAP) is None
    assert authenticator.cached("bob@example.test", RIGHT, IMAP) is None


def test_remembering_ends_with_its_time(authenticator: Authenticator, clock: ManualClock) -> None:
    authenticator.authenticate(ALICE, RIGHT, IMAP)
    clock.advance(59)
    assert authenticator.cached(ALICE, RIGHT, IMAP) is not None
    clock.advance(2)
    assert authenticator.cached(ALICE, RIGHT, IMAP) is None


def test_a_change_here_counts_at_once(directory: Directory, authenticator: Authenticator) -> None:
    authenticator.authenticate(ALICE, RIGHT, IMAP)

    credential.set_password(directory, ALICE, Secret("new"))

    assert authenticator.cached(ALICE, RIGHT, IMAP) is None
    assert refusal(authenticator) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
    assert authenticator.authenticate(ALICE, Secret("new"), IMAP).username == ALICE


def test_a_change_elsewhere_counts_when_the_time_is_up(
    directory: Directory, authenticator: Authenticator, clock: ManualClock
) -> None:
    authenticator.authenticate(ALICE, RIGHT, IMAP)
    other = elsewhere(directory)
    credential.set_password(other, ALICE, Secret("new"))
    other.close()

    clock.advance(61)

    assert refusal(authenticator) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_an_unchanged_hash_is_not_computed_again(
    authenticator: Authenticator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator.authenticate(ALICE, RIGHT, IMAP)
    clock.advance(61)
    monkeypatch.setattr(Authenticator, "_is_right", lambda *_: pytest.fail("the hash was computed"))

    assert authenticator.authenticate(ALICE, RIGHT, IMAP).username == ALICE


def test_what_is_remembered_is_bounded(directory: Directory, clock: ManualClock) -> None:
    authenticator = Authenticator(directory, clock, policy=AuthPolicy(cache_entries=2))
    for name in ("a", "b", "c"):
        alias.add_altname(directory, ALICE, name)
    for name in ("a", "b", "c"):
        authenticator.authenticate(name, RIGHT, IMAP)

    assert [authenticator.cached(name, RIGHT, IMAP) is not None for name in ("a", "b", "c")] == [
        False,
        True,
        True,
    ]


def test_nothing_is_remembered_when_that_is_off(directory: Directory, clock: ManualClock) -> None:
    authenticator = Authenticator(directory, clock, policy=AuthPolicy(cache_lifetime=0))
    authenticator.authenticate(ALICE, RIGHT, IMAP)

    assert authenticator.cached(ALICE, RIGHT, IMAP) is None


def test_guessing_is_blocked_for_a_while(authenticator: Authenticator, clock: ManualClock) -> None:
    for _ in range(3):
        assert refusal(authenticator, password=WRONG) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
    with pytest.raises(AuthError) as caught:
        authenticator.authenticate(ALICE, RIGHT, IMAP, peer="192.0.2.1")
    assert (caught.value.reason, caught.value.retry_after) == (AuthReason.BLOCKED, 60)
    assert authenticator.authenticate(ALICE, RIGHT, IMAP, peer="192.0.2.9").username == ALICE
    clock.advance(61)
    assert authenticator.authenticate(ALICE, RIGHT, IMAP, peer="192.0.2.1").username == ALICE


def test_the_first_password_is_stored_where_that_is_allowed(directory: Directory, clock: ManualClock) -> None:
    user.create(directory, "new@example.test")
    assert (
        refusal(Authenticator(directory, clock), "new@example.test") is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
    )
    authenticator = Authenticator(directory, clock, policy=AuthPolicy(first_password=True))
    assert refusal(authenticator, "new@example.test", Secret("")) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD

    assert (
        authenticator.authenticate("new@example.test", Secret("first"), IMAP).username == "new@example.test"
    )

    assert (
        refusal(authenticator, "new@example.test", Secret("second")) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
    )


class Elsewhere:
    """Passwords kept elsewhere."""

    def verify(self, login: Login, password: Secret) -> bool:
        return login.externid == b"id" and password == Secret("ldap")


def test_imported_users_are_verified_where_they_come_from(directory: Directory, clock: ManualClock) -> None:
    user.modify(directory, ALICE, {"externid": b"id"})

    assert refusal(Authenticator(directory, clock)) is AuthReason.UNAVAILABLE
    authenticator = Authenticator(directory, clock, external=Elsewhere())
    assert authenticator.authenticate(ALICE, Secret("ldap"), IMAP).username == ALICE
    assert refusal(authenticator) is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
    own = Authenticator(directory, clock, policy=AuthPolicy(backend="always_mysql"))
    assert own.authenticate(ALICE, RIGHT, IMAP).username == ALICE


def test_everybody_is_denied_or_allowed(directory: Directory, clock: ManualClock) -> None:
    assert (
        refusal(Authenticator(directory, clock, policy=AuthPolicy(backend="deny_all")))
        is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
    )
    open_door = Authenticator(directory, clock, policy=AuthPolicy(backend="allow_all"))
    assert open_door.authenticate(ALICE, WRONG, IMAP).username == ALICE
    assert refusal(open_door, "nobody@example.test") is AuthReason.UNKNOWN_OR_WRONG_PASSWORD


def test_an_unknown_user_costs_as_much_work_as_a_known_one(directory: Directory, clock: ManualClock) -> None:
    authenticator = Authenticator(directory, clock, policy=AuthPolicy(limits=LimiterBounds(max_entries=0)))

    def seconds(login: str) -> float:
        start = time.thread_time()
        refusal(authenticator, login, WRONG)
        return time.thread_time() - start

    known = min(seconds(ALICE) for _ in range(5))
    unknown = min(seconds("nobody@example.test") for _ in range(5))
    assert known / 5 < unknown < known * 5  # without the work: a hundredth


def test_many_threads_at_once(authenticator: Authenticator) -> None:
    found: list[Account] = []
    threads = [
        threading.Thread(target=lambda: found.append(authenticator.authenticate(ALICE, RIGHT, IMAP)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {account.username for account in found} == {ALICE}
    assert len(found) == 20


def test_nothing_shows_the_stored_hash(directory: Directory) -> None:
    found = look_up(directory, ALICE)

    assert found is not None
    assert found.password.startswith("$6$")
    assert "$6$" not in repr(found)


@pytest.mark.parametrize(
    ("login", "parts"),
    [
        (ALICE, (ALICE, None)),
        (f"{ALICE}!Team@Example.test", (ALICE, "team@example.test")),
        (f"{ALICE}!", (ALICE, None)),
        ("!team@example.test", ("", "team@example.test")),
        ("a!b!c", ("a", "b!c")),
    ],
)
def test_impersonation(login: str, parts: tuple[str, str | None]) -> None:
    assert split_impersonation(login) == parts


def test_only_some_guesses_wait_at_once(authenticator: Authenticator, resolver: Resolver) -> None:
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def pause(_seconds: float) -> None:
        waiting.release()
        go_on.wait(30)

    doorkeeper = Doorkeeper(authenticator, resolver, IMAP, pause)

    def guess() -> None:
        with pytest.raises(AuthError):
            doorkeeper.verify("nobody@example.test", WRONG, PEER)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=30)
    guess()  # finds all places taken and is answered at once
    go_on.set()
    for thread in threads:
        thread.join()


def test_the_doorkeeper_recalls_whom_he_let_in(authenticator: Authenticator, resolver: Resolver) -> None:
    doorkeeper = Doorkeeper(authenticator, resolver, IMAP, lambda _seconds: None)
    assert doorkeeper.recall(ALICE, RIGHT) is None

    entrance = doorkeeper.verify(ALICE, RIGHT, PEER)

    assert (entrance.account.username, entrance.shared) == (ALICE, False)
    assert doorkeeper.recall(ALICE, RIGHT) == entrance
    assert doorkeeper.recall(f"{ALICE}!{ALICE}", RIGHT) is None
    assert not doorkeeper.verify(f"{ALICE}!{ALICE}", RIGHT, PEER).shared
    with pytest.raises(AuthError) as refused:
        doorkeeper.verify(f"{ALICE}!nobody@example.test", RIGHT, PEER)
    assert refused.value.reason is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
