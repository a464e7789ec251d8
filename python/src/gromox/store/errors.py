"""Why the store refuses.

* StoreError
  - NotFoundError
    - FolderGoneError      the folder was deleted, by this or another session
    - MessageGoneError     the message was purged meanwhile
  - ExistsError            a sibling has that name
  - DeniedError            the user's rights do not cover it
  - QuotaError             the mailbox has no room by its limits
    - StorageQuotaError    of all that is kept
    - ReceiveQuotaError    of what is received
    - SendQuotaError       beyond which nothing is sent
    - CountQuotaError      of messages
  - ReservedError          a built-in folder cannot be deleted, renamed or moved
  - HasChildrenError       the folder has sub-folders
  - HasMessagesError       the folder has messages
  - InvalidNameError       no folder can have that name, or it would stand below itself
  - InvalidValueError      a value does not fit its property
  - UnsupportedError       a store of that kind, or the other end of a connection, does not do that
  - ConflictError          the object was changed by somebody else meanwhile
    - SubmittedError       the message is on its way out: it is neither changed nor sent again
  - NotSubmittedError      the message is not on its way (any more)
  - LimitError             a bound of the store is reached (keywords, named properties, ...)
  - BusyError              another process kept the mailbox locked for too long
  - NoSpaceError           the disk is full
  - CorruptError           the file is damaged, or a failed write made it untrustworthy until reopened
  - TableError             a table of that kind, or in that state, cannot do it
    - NoColumnsError       it was not said which columns are wanted
    - BookmarkError        the bookmark is not valid (any more)
    - NotCollapsedError    the heading stands open already
    - NotExpandedError     the heading is closed already
  - NewerVersionError      the file was written by a newer program; it was not touched
  - IncompatibleError      the other end of a store connection speaks another version, or no sense
  - UnreachableError       the process that has the mailbox does not answer; whether it acted is not known
    - SessionLostError     the session ended with its connection: open another one
"""

from __future__ import annotations

from gromox.base.errors import GromoxError


class StoreError(GromoxError):
    """Base of all; carries facts, never a protocol's code."""


class NotFoundError(StoreError):
    """The named thing is not there."""


class FolderGoneError(NotFoundError):
    """The folder was deleted by another session."""


class MessageGoneError(NotFoundError):
    """The message was removed by another session."""


class ExistsError(StoreError):
    """A sibling has that name."""


class DeniedError(StoreError):
    """The user's rights on the folder do not cover it."""


class QuotaError(StoreError):
    """The mailbox has no room by its limits."""


class StorageQuotaError(QuotaError):
    """The limit of all that is kept is reached."""


class ReceiveQuotaError(QuotaError):
    """The limit of what is received is reached."""


class SendQuotaError(QuotaError):
    """The limit beyond which nothing is sent is reached."""


class CountQuotaError(QuotaError):
    """The mailbox has as many messages as it may."""


class ReservedError(StoreError):
    """A built-in folder has to stay where it is."""


class HasChildrenError(StoreError):
    """The folder has sub-folders."""


class HasMessagesError(StoreError):
    """The folder has messages."""


class InvalidNameError(StoreError):
    """No folder can have that name at that place."""


class LimitError(StoreError):
    """A bound of the store is reached."""


class InvalidValueError(StoreError):
    """A value does not fit its property, or an object cannot have it."""


class UnsupportedError(StoreError):
    """A store of that kind, or the other end of a store connection, does not do that."""


class ConflictError(StoreError):
    """The object was changed by somebody else since the caller read it."""


class BusyError(StoreError):
    """Another process kept the mailbox locked for too long; try again later."""


class NoSpaceError(StoreError):
    """The disk is full; nothing of the transaction was kept."""


class CorruptError(StoreError):
    """The file is damaged, or a failed write made it untrustworthy until it is reopened."""


class SubmittedError(ConflictError):
    """The message is on its way out; until that is over or called off it is not changed."""


class NotSubmittedError(StoreError):
    """The message is not on its way out: it never was, was sent, or was called off."""


class NewerVersionError(StoreError):
    """A newer program wrote the file; upgrade this one. The file was not touched."""


class IncompatibleError(StoreError):
    """The other end of a store connection does not know the call in this form."""


class UnreachableError(StoreError):
    """The process that has the mailbox does not answer; whether it carried the call out is not known."""


class SessionLostError(UnreachableError):
    """The session ended, by silence or with its connection; what it had open is closed."""


class TableError(StoreError):
    """A table of that kind, or in that state, cannot do it."""


class NoColumnsError(TableError):
    """It was not said which columns are wanted."""


class BookmarkError(TableError):
    """The bookmark is not valid, or no longer."""


class NotCollapsedError(TableError):
    """The heading stands open already."""


class NotExpandedError(TableError):
    """The heading is closed already."""
