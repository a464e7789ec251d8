"""Deliver a mail as the rules of its folder and the absence of its owner want it.

All of it happens in the transaction of the delivery. What fails becomes a deferred error message for the
client ([MS-OXORULE] 3.2.5.1.3), and never costs the mail: one that no rule could place stays where it came
to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.store import append
from gromox.store.errors import FolderGoneError, LimitError, QuotaError
from gromox.store.flags import Flag
from gromox.store.match.evaluate import predicate
from gromox.store.property import ids
from gromox.store.rule import compose, deferred, extended, meeting, oof, outgoing, rows, stored
from gromox.store.rule.courtesy import courtesy_of
from gromox.store.rule.mailview import MailView
from gromox.store.rule.plan import Bounce, Circumstances, Delegate, Forward, Problem, RuleError, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.store.append import Scanned
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.model import Delivery
    from gromox.store.rule.courtesy import Courtesy
    from gromox.store.rule.model import Addressed, Rule
    from gromox.store.rule.oof import OofSettings
    from gromox.store.rule.outgoing import Outgoing
    from gromox.store.rule.plan import Effect, Plan, Reply

_log = get_logger(__name__)
_SAFE: Final = (-1, 0xFFFFFFFF)  #: PidTagContentFilterSpamConfidenceLevel of trusted senders


def is_wanted(file: MailboxFile, folder_id: int) -> bool:
    """Tell whether mails for a folder need more than to be put there: one look into an index or two."""
    file.refresh(scanned=False)
    if rows.has_rules(file, folder_id) or extended.has_rules(file, folder_id) or outgoing.is_waiting(file):
        return True
    return not file.is_public and oof.read(file.path).is_active(file.clock.now())


def known_senders(file: MailboxFile, addressed: Iterable[Addressed]) -> frozenset[str]:
    """Return the senders from outside whom an absent owner knows, if only those are answered.

    To be asked before the transaction of the delivery: it goes through all contacts.
    """
    senders = {each.sender for each in addressed if each.sender and not each.is_internal}
    if not senders or file.is_public:
        return frozenset()
    settings = oof.read(file.path)
    if not (settings.is_active(file.clock.now()) and settings.allow_external):
        return frozenset()
    if settings.audience is oof.Audience.ALL:
        return frozenset()
    file.refresh(scanned=False)
    return stored.contacts_among(file, senders)


@dataclass(frozen=True, slots=True)
class Handling:
    """What a folder does with the mails of one transaction."""

    folder_id: int
    rules: Sequence[Rule]
    absence: OofSettings
    is_oof: bool
    known: frozenset[str] = frozenset()
    """Senders from outside who stand in the contacts, casefolded; see :func:`known_senders`."""

    @classmethod
    def of(cls, tx: Write, folder_id: int, known: frozenset[str] = frozenset()) -> Handling:
        """Read the rules of a folder and the absence of the owner, who knows the senders ``known``."""
        file = tx.file
        rules = [*rows.read(file, folder_id), *extended.read(file, folder_id)]
        absence = oof.OofSettings() if file.is_public else oof.read(file.path)
        return cls(folder_id, rules, absence, absence.is_active(tx.now), known)

    def deliver(self, tx: Write, delivery: Delivery, addressed: Addressed, prepared: Scanned) -> int:
        """Put a mail where it belongs and write down what it causes; returns its UID here, or 0."""
        mail, extract, _ = prepared
        view = MailView(
            mail, extract, addressed, received=extract.internal_date, name_of=stored.names(tx.file)
        )
        courtesy = courtesy_of(mail.octets, addressed.sender, addressed.addresses)
        plan = make_plan(
            self.rules, lambda rule: _holds(rule, view), self._circumstances(tx, view, addressed, courtesy)
        )
        problems = list(plan.problems)
        occasion = compose.Occasion(
            mail.octets, view.message, addressed, delivery.token, courtesy.loop, tx.now
        )
        booked = meeting.book(tx, occasion, addressed.meetings) if addressed.meetings is not None else None
        if booked is not None and booked.is_answered:
            plan = _put_away(plan, self.folder_id)
        uid, mid = self._place(tx, plan, view, prepared, problems)
        mails = self._effects(tx, plan, occasion, problems)
        if booked is not None and booked.answer is not None:
            mails.append(booked.answer)
        absence = self._absence(tx, view, occasion, courtesy)
        outgoing.keep(tx, [*mails, *([absence] if absence else [])], mail.octets, prepared[2])
        for rule_id in plan.oof_recipients:
            oof.note_answered_by(tx, rule_id, addressed.sender)
        deferred.leave_actions(tx, self.folder_id, mid, plan.deferred)
        deferred.report(tx, self.folder_id, mid, problems)
        return uid

    def _circumstances(
        self, tx: Write, view: MailView, addressed: Addressed, courtesy: Courtesy
    ) -> Circumstances:
        file = tx.file
        level = view.message.properties.number(tags.PidTagContentFilterSpamConfidenceLevel)
        return Circumstances(
            self.folder_id,
            is_oof=self.is_oof,
            is_safe=level in _SAFE,
            may_reply=courtesy.may_reply,
            may_reply_oof=courtesy.may_reply_oof,
            may_forward=courtesy.may_forward,
            has_folder=lambda folder_id: stored.can_hold(file, folder_id),
            folder_of=lambda entry_id: ids.folder_of_entry_id(file, entry_id),
            was_answered=lambda rule_id: oof.was_answered_by(file, rule_id, addressed.sender),
        )

    def _place(
        self, tx: Write, plan: Plan, view: MailView, prepared: Scanned, problems: list[Problem]
    ) -> tuple[int, int]:
        """Add the mail to its folders; returns its UID in this one (or 0) and the mid of the first copy."""
        mail, extract, staged = prepared
        if plan.is_read:
            mail = replace(mail, flags=mail.flags | Flag.SEEN)
        values = {**view.derived(), **dict(plan.properties)}
        if plan.deferred:
            values[tags.PidTagHasDeferredActionMessages] = True
        uid = first = 0
        left = list(plan.folders)
        while left:
            folder_id = left.pop(0)
            try:
                added = append.insert(tx, folder_id, [(mail, extract, staged)], delivery=True)
            except (FolderGoneError, QuotaError, LimitError) as error:
                _log.notice("a rule could not place a mail", folder=folder_id, reason=error)
                if folder_id == self.folder_id:
                    raise
                problems += [_misplaced(rule) for rule in self.rules if rule.runs][:1]
                if not first and not left:
                    left.append(self.folder_id)
                continue
            mid = stored.mid_of(tx.file, folder_id, added.uids[0])
            stored.set_values(tx, mid, values)
            first = first or mid
            if folder_id == self.folder_id:
                uid = added.uids[0]
        return uid, first

    def _effects(
        self, tx: Write, plan: Plan, occasion: compose.Occasion, problems: list[Problem]
    ) -> list[Outgoing]:
        mails = [self._effect(tx, effect, occasion, problems) for effect in plan.effects]
        return [mail for mail in mails if mail is not None]

    def _effect(
        self, tx: Write, effect: Effect, occasion: compose.Occasion, problems: list[Problem]
    ) -> Outgoing | None:
        if isinstance(effect, Forward):
            return compose.forward(occasion, effect.recipients, effect.flavor)
        if isinstance(effect, Delegate):
            addresses = [address for _, address in compose.addresses_of(effect.recipients)]
            if not addresses:
                return None
            return compose.redirect(occasion, addresses, sender=occasion.addressed.sender, is_delegated=True)
        if isinstance(effect, Bounce):
            return compose.bounce(occasion, effect.code)
        return self._reply(tx, effect, occasion, problems)

    def _reply(
        self, tx: Write, effect: Reply, occasion: compose.Occasion, problems: list[Problem]
    ) -> Outgoing | None:
        template = stored.template(tx.file, effect.template)
        if template is None:
            kind = effect.rule.actions.actions[effect.action_number].type
            problems.append(Problem(effect.rule, RuleError.REPLY_TEMPLATE, int(kind), effect.action_number))
            return None
        return compose.reply(
            occasion,
            template,
            to_sender=effect.to_sender,
            is_oof=effect.is_oof,
            is_stock=effect.is_stock,
        )

    def _absence(
        self, tx: Write, view: MailView, occasion: compose.Occasion, courtesy: Courtesy
    ) -> Outgoing | None:
        """Return the Out of Office reply, if there is to be one, and remember it."""
        sender, settings = occasion.addressed.sender, self.absence
        if not self.is_oof or not courtesy.may_reply_oof:
            return None
        if not view.derived()[tags.PidTagMessageRecipientMe]:
            return None
        if oof.answered_within(tx.file, sender, tx.file.silence_window):
            return None
        is_internal = occasion.addressed.is_internal
        if not is_internal and not (
            settings.allow_external
            and (settings.audience is oof.Audience.ALL or sender.casefold() in self.known)
        ):
            return None
        oof.note_answered(tx, sender)
        return compose.automatic_reply(occasion, settings.internal if is_internal else settings.external)


def _holds(rule: Rule, view: MailView) -> bool | None:
    """Evaluate the condition of a rule on a mail; None: it cannot be evaluated."""
    if rule.condition is None:
        return True
    try:
        return predicate(rule.condition)(view.of(rule.names), view.parts(rule.names))
    except LimitError:
        return None


def _put_away(plan: Plan, folder_id: int) -> Plan:
    """Have an invitation that was decided upon end, read, among the deleted items instead of here."""
    folders = [int(Private.DELETED_ITEMS) if each == folder_id else each for each in plan.folders]
    return replace(plan, folders=tuple(folders), is_read=True)


def _misplaced(rule: Rule) -> Problem:
    return Problem(rule, RuleError.MOVE_OR_COPY)
