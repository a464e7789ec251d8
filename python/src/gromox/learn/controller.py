"""The spam filter's controller: one HTTP request for each message.

Spec:
    rspamd, "Controller worker": POST /learnspam and /learnham with the message as the body and the password
    in the field Password; 200 learned, 204 and 208 nothing new, 403 wrong password.
"""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from gromox.base.secret import Secret
    from gromox.base.settings import Endpoint
    from gromox.learn.lesson import Lesson

_LEARNED: Final = 200
_NOTHING_NEW: Final = frozenset({204, 208})
_FORBIDDEN: Final = frozenset({401, 403})
_SERVER_ERROR: Final = 500
#: Octets of an answer that are looked at.
_LONGEST_ANSWER: Final = 4096


class ControllerAwayError(GromoxError):
    """The controller does not answer, or cannot work at the moment."""


class LearnRefusedError(GromoxError):
    """The controller does not want this message, or not from us."""


class Controller:
    """Teaches one filter."""

    def __init__(self, address: Endpoint, password: Secret, timeout: float) -> None:
        """Connect to ``address`` for each lesson; ``timeout`` in seconds for each step."""
        self._address, self._password, self._timeout = address, password, timeout

    def teach(self, lesson: Lesson, message: bytes, *, user: str) -> bool:
        """Teach one message; return whether it was news to the filter.

        Args:
            lesson: what it is.
            message: as it was received.
            user: whose mailbox it is in, for filters that learn per user.

        Raises:
            ControllerAwayError: try again later.
            LearnRefusedError: it will not help.
        """
        connection = http.client.HTTPConnection(self._address.host, self._address.port, timeout=self._timeout)
        fields = {"Password": self._password.reveal(), "Content-Type": "message/rfc822", "Deliver-To": user}
        try:
            connection.request("POST", f"/{lesson.value}", body=message, headers=fields)
            answer = connection.getresponse()
            status, text = answer.status, answer.read(_LONGEST_ANSWER).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise ControllerAwayError(f"{self._address}: {error}") from error
        finally:
            connection.close()
        if status == _LEARNED:
            return True
        if status in _NOTHING_NEW:
            return False
        if status in _FORBIDDEN:
            raise LearnRefusedError("the password is wrong: compare learn_password with the controller's")
        if status >= _SERVER_ERROR:
            raise ControllerAwayError(f"{self._address}: {status} {text[:200]}")
        raise LearnRefusedError(f"{status} {text[:200]}")
