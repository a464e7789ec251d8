"""A mailbox with rules, and mails that come to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.mapi import tags
from gromox.mapi.modifyrow import Change, ModifyRow
from gromox.mapi.objectid import ShortId
from gromox.mapi.propvalue import PropValue
from gromox.mapi.restriction import Restriction
from gromox.mapi.ruleaction import Action, ActionType, MoveTo, RecipientBlock, RuleAction, ServerEid
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import Delivery, NewMail
from gromox.store.rule.model import Addressed, RuleState

INBOX = 13
OWNER = "alice@example.test"


@dataclass
class House:
    """A mailbox and how mails are delivered to it."""

    mailbox: Mailbox
    clock: ManualClock
    count: int = 0

    def rule(
        self, *actions: Action, condition: Restriction | None = None, sequence: int = 10, state: int = 0
    ) -> int:
        """Add a rule to the Inbox; return its id."""
        values: list[tuple[int, PropValue]] = [
            (tags.PidTagRuleSequence, sequence),
            (tags.PidTagRuleState, RuleState.ENABLED | state),
            (tags.PidTagRuleProvider, "me"),
            (tags.PidTagRuleActions, RuleAction(actions)),
        ]
        if condition is not None:
            values.append((tags.PidTagRuleCondition, condition))
        return self.mailbox.modify_rules(INBOX, [ModifyRow(Change.ADD, tuple(values))]).rule_ids[0]

    def folder(self, name: str) -> int:
        """Make a folder below the Inbox."""
        return self.mailbox.create_folder(INBOX, name).folder_id

    def deliver(
        self,
        octets: bytes = b"",
        *,
        sender: str = "bob@example.com",
        token: str = "",
        is_internal: bool = False,
        **fields: str,
    ) -> int | None:
        """Deliver a mail with these header fields (underscores are hyphens)."""
        self.count += 1
        given = {"From": f"Bob <{sender}>", "To": OWNER, "Subject": "hello", "Message-ID": "<1@example.com>"}
        given |= {name.replace("_", "-"): value for name, value in fields.items()}
        header = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        mail = NewMail(octets or f"{header}\r\nHow are you?\r\n".encode())
        addressed = Addressed(
            sender, OWNER, frozenset({OWNER, "ali@example.test"}), "Alice Example", is_internal=is_internal
        )
        delivery = Delivery(mail, INBOX, token or f"t{self.count}", addressed)
        (result,) = self.mailbox.deliver_many([delivery])
        assert result is None or isinstance(result, int)
        return result

    def subjects(self, folder_id: int = INBOX) -> list[str]:
        """Return the subjects of a folder's mails."""
        rows = self.mailbox.file.execute(
            "SELECT subject FROM messages WHERE folder_id = ? AND state = 0 AND associated = 0 ORDER BY uid",
            (folder_id,),
        ).fetchall()
        return [row[0] for row in rows]

    def sent(self) -> list[tuple[str, tuple[str, ...], bytes]]:
        """Return (sender, recipients, octets) of what is to be sent, and forget it."""
        waiting = self.mailbox.outgoing()
        found = [(each.sender, each.recipients, b"".join(each.chunks())) for each in waiting]
        self.mailbox.forget_outgoing([each.outgoing_id for each in waiting])
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = ManualClock()
    with create_private(tmp_path / "alice", owner=OWNER, user_id=7, clock=clock) as box:
        yield House(box, clock)
        assert box.check() == []


def move_to(folder_id: int, kind: ActionType = ActionType.MOVE) -> Action:
    return Action(kind, MoveTo(ServerEid(ShortId(1, folder_id).number)))


def people(*addresses: str) -> tuple[RecipientBlock, ...]:
    return tuple(
        RecipientBlock(((tags.PidTagDisplayName, address), (tags.PidTagSmtpAddress, address)))
        for address in addresses
    )
