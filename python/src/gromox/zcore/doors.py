"""What the user directory answers to gromox-zcore, in refusals of the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.base.secret import Secret
from gromox.directory import domain, homeserver, membership
from gromox.directory.errors import AuthError, AuthReason, DirectoryError, UnavailableError
from gromox.directory.errors import NotFoundError as NoSuchDomainError
from gromox.directory.resolve import Mailbox
from gromox.directory.status import Privilege
from gromox.store.errors import BusyError, DeniedError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.directory import Directory
    from gromox.directory.auth import Authenticator
    from gromox.directory.resolve import Resolver
    from gromox.directory.token import TokenReader

_log = get_logger(__name__)


class DirectoryDoors:
    """See :class:`gromox.store.rpc.users.Doors`."""

    def __init__(
        self,
        directory: Directory,
        authenticator: Authenticator,
        resolver: Resolver,
        tokens: TokenReader,
        pause: Callable[[float], None],
        *,
        host: str,
    ) -> None:
        """Answer from ``directory`` on the node ``host``.

        Args:
            directory: the user database.
            authenticator: knows passwords.
            resolver: knows what addresses stand for.
            tokens: reads tokens.
            pause: holds back the answer to a failed log-on.
            host: the name of this node: only mailboxes of this one are opened.
        """
        self._host = host
        self._directory, self._authenticator, self._resolver = directory, authenticator, resolver
        self._tokens, self._pause = tokens, pause

    def by_password(self, user: str, password: str, remote_host: str) -> str:
        """See :class:`gromox.store.rpc.users.Doors`."""
        try:
            account = self._authenticator.authenticate(
                user, Secret(password), Privilege.NONE, peer=remote_host
            )
        except AuthError as error:
            # The line that fail2ban knows (reference/system/config.md).
            _log.warning("zs_logon rejected", rhost=f"[{remote_host}]", user=user, reason=error.reason.value)
            if error.reason is AuthReason.UNKNOWN_OR_WRONG_PASSWORD:
                self._pause(self._authenticator.policy.fail_delay)
            raise _refusal(error) from error
        return account.username

    def by_token(self, token: str, remote_host: str) -> str:
        """See :class:`gromox.store.rpc.users.Doors`."""
        try:
            return self._authenticator.known(self._tokens.login_of(token), Privilege.NONE).username
        except AuthError as error:
            _log.warning("zs_logon_token rejected", rhost=f"[{remote_host}]", reason=error.detail)
            raise _refusal(error) from error
        except DirectoryError as error:
            raise BusyError("the user database does not answer") from error

    def groups_of(self, user: str) -> frozenset[str]:
        """See :class:`gromox.store.rpc.users.Doors`."""
        try:
            return membership.lists_of(self._directory, user)
        except DirectoryError as error:
            raise BusyError("the user database does not answer") from error

    def store_of(self, address: str) -> Path:
        """See :class:`gromox.store.rpc.users.Doors`; ``@domain`` is the public store of a domain."""
        try:
            if address.startswith("@"):
                public = domain.get(self._directory, address[1:])
                self._require_here(public.homeserver)
                return Path(public.homedir)
            found = self._resolver.recipient(address)
            if not isinstance(found, Mailbox):
                raise NotFoundError("there is no mailbox of that address")
            self._require_here(found.homeserver)
        except NoSuchDomainError as error:
            raise NotFoundError("there is no such domain") from error
        except DirectoryError as error:
            raise BusyError("the user database does not answer") from error
        return found.maildir

    def _require_here(self, number: int) -> None:
        node = homeserver.elsewhere(self._directory, number, self._host)
        if node is not None:
            raise NotFoundError(f"the mailbox is not on this node ({self._host}): its home server is {node}")


def _refusal(error: AuthError) -> StoreError:
    if error.reason is AuthReason.UNAVAILABLE or isinstance(error.__cause__, UnavailableError):
        return BusyError("the user database does not answer")
    if error.reason is AuthReason.BLOCKED:
        return BusyError("too many failed log-ons: wait a while")
    return DeniedError("the log-on was refused")
