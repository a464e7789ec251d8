"""The part of a session that knows what a user has read in public folders, and the long form of ids.

Spec:
    [MS-OXCSTOR] 2.2.1.8 to 2.2.1.13, 3.2.5.8 to 3.2.5.13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mapi.objectid import GlobalId, ShortId
from gromox.store import peruser, replica
from gromox.store.errors import (
    ConflictError,
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    UnsupportedError,
)
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import ids
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from uuid import UUID

DEFAULT_PART: Final = 4096
"""Octets of one answer where the client leaves it to the server ([MS-OXCSTOR] 6 <46>)."""
MAX_PART: Final = 32768
MAX_SET: Final = 1 << 20
"""Octets of one set."""


@dataclass(frozen=True, slots=True)
class PerUserPart:
    """A stretch of a set of change numbers."""

    data: bytes
    has_finished: bool


@dataclass(slots=True)
class Streaming:
    """A set that comes or goes in several calls; there is one at a time of each."""

    folder: GlobalId
    octets: bytearray
    database: UUID


class PerUser(SessionPart):
    """Per-user information of public folders, and replica ids."""

    __slots__ = ()

    # Replica ids.

    @operation
    def long_term_id(self, object_id: int) -> GlobalId:
        """Return the id by replica GUID of a folder, message or change, which need not be there.

        Spec: [MS-OXCSTOR] 3.2.5.8.

        Args:
            object_id: the 64 bits of a FID, MID or CN.

        Raises:
            NotFoundError: there is no such replica id.
        """
        self._file.refresh()
        short = ShortId.from_number(object_id)
        return GlobalId(replica.guid_of(self._file, short.replica_id), short.counter)

    @operation
    def id_of_long_term_id(self, long_term_id: GlobalId) -> int:
        """Return the 64 bits of an id by replica GUID; a GUID that was not known gets a replica id.

        Spec: [MS-OXCSTOR] 3.2.5.9.

        Raises:
            InvalidValueError: the GUID is nil, or the counter zero.
            LimitError: no replica id is left.
        """
        if not long_term_id.counter:
            raise InvalidValueError("no object has the counter zero")
        self._file.refresh()
        replica_id = replica.register(self._file, long_term_id.database, is_owner=self._access.is_owner)
        return ShortId(replica_id, long_term_id.counter).number

    # Per-user information.

    @operation
    def per_user_long_term_ids(self, database: UUID) -> tuple[GlobalId, ...]:
        """Return the public folders of which the mailbox keeps something that a public store told.

        Spec: [MS-OXCSTOR] 3.2.5.10.

        Raises:
            UnsupportedError: the store is public.
            DeniedError: the actor is not the owner.
        """
        self._require_own()
        return tuple(peruser.folders_of(self._file, database))

    @operation
    def per_user_guid(self, folder: GlobalId) -> UUID:
        """Return the public store that told what is kept of a folder.

        Spec: [MS-OXCSTOR] 3.2.5.11.

        Raises:
            UnsupportedError, DeniedError: as of :meth:`per_user_long_term_ids`.
            NotFoundError: nothing is kept of it.
        """
        self._require_own()
        return peruser.database_of(self._file, folder)

    @operation
    def read_per_user_information(self, folder: GlobalId, offset: int = 0, max_size: int = 0) -> PerUserPart:
        """Return a stretch of the change numbers of what the user has read in a public folder.

        Spec: [MS-OXCSTOR] 3.2.5.12: the set is looked up at offset zero, and stays as it was until it ends.

        Args:
            folder: a folder of a public store.
            offset: where the stretch begins.
            max_size: the most octets; 0: as many as is usual.

        Raises:
            InvalidValueError: the offset is none of the set.
            FolderGoneError, DeniedError: in a public store, the folder is not there for the actor; a private
                mailbox tells its owner alone.
        """
        reading = self._reading
        if reading is None or reading.folder != folder or not offset:
            reading = Streaming(folder, bytearray(self._read_set(folder)), folder.database)
        size = len(reading.octets)
        if not 0 <= offset <= size or max_size < 0:
            raise InvalidValueError(f"a set of {size} octets has nothing at {offset}")
        end = min(offset + min(max_size or DEFAULT_PART, MAX_PART), size)
        self._reading = reading if end < size else None
        return PerUserPart(bytes(reading.octets[offset:end]), end == size)

    @operation
    def write_per_user_information(
        self,
        folder: GlobalId,
        offset: int,
        data: bytes,
        *,
        has_finished: bool,
        database: UUID | None = None,
    ) -> None:
        """Take in a stretch of the change numbers of what the user has read; the last one puts them to use.

        Spec: [MS-OXCSTOR] 3.2.5.13.

        Args:
            folder: a folder of a public store.
            offset: how much was handed over before; another folder or offset begins anew.
            data: the stretch.
            has_finished: it is the last one.
            database: in a private mailbox, with the first stretch: the public store that told the set.

        Raises:
            ConflictError: it continues nothing; what was handed over before is gone.
            InvalidValueError: all of it is no set of change numbers, or the database is missing.
            LimitError: it is too large.
            FolderGoneError, DeniedError: as of :meth:`read_per_user_information`.
        """
        writing = self._writing
        if writing is None or writing.folder != folder or len(writing.octets) != offset:
            self._writing = writing = None
            if offset:
                raise ConflictError("that continues nothing: begin at zero")
        if writing is None:
            if database is None and not self._file.is_public:
                raise InvalidValueError("the first stretch tells which public store the set is of")
            writing = Streaming(folder, bytearray(), database or folder.database)
        if len(writing.octets) + len(data) > MAX_SET:
            self._writing = None
            raise LimitError(f"a set of change numbers has at most {MAX_SET} octets")
        writing.octets += data
        self._writing = None if has_finished else writing
        if has_finished:
            self._take(writing)

    def _read_set(self, folder: GlobalId) -> bytes:
        self._file.refresh()
        if self._file.is_public:
            return peruser.read_set(self._file, self._public_folder(folder), self._actor.username)
        self._require_own()
        return peruser.kept(self._file, folder)

    def _take(self, writing: Streaming) -> None:
        octets = bytes(writing.octets)
        if self._file.is_public:
            folder_id = self._public_folder(writing.folder)
            with self._file.write(durable=True) as tx:
                peruser.take_read_set(tx, folder_id, self._actor.username, octets)
            return
        self._require_own()
        with self._file.write(durable=True, quiet=True) as tx:
            peruser.keep(tx, writing.folder, writing.database, octets)

    def _public_folder(self, folder: GlobalId) -> int:
        """Return a folder of this public store that the actor may read."""
        if not self._actor.username:
            raise DeniedError("nobody knows what anonymous users have read")
        folder_id = ids.counter_of_global_id(self._file, folder)
        if folder_id is None:
            raise FolderGoneError("there is no such folder (any more)")
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.READ_ANY)
        return folder_id

    def _require_own(self) -> None:
        if self._file.is_public:
            raise UnsupportedError("a public store keeps nothing of public folders for one user")
        self._access.require_owner()
        self._file.refresh()
