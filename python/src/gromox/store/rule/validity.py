"""Which rules are accepted.

Spec: [MS-OXORULE] 2.2.1.3.1 (what must be there), 2.2.5.1.1 (flavors), 2.2.5.1 (what public folders may not).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi.ruleaction import ActionType, ForwardFlavor, ReplyFlavor
from gromox.store.errors import InvalidValueError

if TYPE_CHECKING:
    from gromox.mapi.ruleaction import Action, RuleAction

_REPLIES: Final = (ActionType.REPLY, ActionType.OOF_REPLY)
_NOT_IN_PUBLIC: Final = (ActionType.MOVE, ActionType.COPY, ActionType.DEFER_ACTION)
#: Flags that go with no other one.
_ALONE: Final = (ForwardFlavor.AS_ATTACHMENT, ForwardFlavor.AS_TEXT_MESSAGE)
#: Bits without a meaning are ignored (2.2.5.1.1).
_FORWARD: Final = 0x0F
_REPLY: Final = ReplyFlavor.NOT_TO_ORIGINATOR | ReplyFlavor.STOCK_TEMPLATE


def check_actions(actions: RuleAction, *, is_public: bool) -> None:
    """Refuse actions that no rule of such a store may have.

    Raises:
        InvalidValueError: with what is wrong.
    """
    for action in actions.actions:
        _check(action, is_public=is_public)


def _check(action: Action, *, is_public: bool) -> None:
    if is_public and action.type in _NOT_IN_PUBLIC:
        raise InvalidValueError(f"a rule of a public folder has no action {action.type.name}")
    flavor = action.flavor
    if action.type is ActionType.FORWARD:
        flavor &= _FORWARD
        if flavor & (flavor - 1) and any(flavor & alone for alone in _ALONE):
            raise InvalidValueError("forwarding as attachment or as text message goes with no other flag")
    elif action.type in _REPLIES:
        if flavor & _REPLY == _REPLY:
            raise InvalidValueError("a reply has one flag at most")
    elif flavor:
        raise InvalidValueError(f"the action {action.type.name} has no flags")
