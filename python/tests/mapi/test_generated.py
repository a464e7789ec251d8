"""Spot checks of the generated tables against the documents."""

from __future__ import annotations

from gromox.mapi import errorcodes, folderids, guids, named, proptypes, tags


def test_property_types() -> None:
    # [MS-OXCDATA] 2.11.1
    assert proptypes.PropType.STRING.value == 0x001F
    assert proptypes.PropType.MULTIPLE_BINARY.value == 0x1102


def test_tags() -> None:
    # [MS-OXPROPS] 2.1023, 2.789, 2.777
    assert tags.PidTagSubject == 0x0037001F
    assert tags.PidTagMessageSize == 0x0E080003
    assert tags.PidTagMailboxOwnerName == 0x661C001F


def test_named_properties() -> None:
    # [MS-OXPROPS] 2.159, 2.440
    assert named.PidLidLocation.which == 0x8208
    assert named.PidLidLocation.guid == guids.PSETID_Appointment
    assert named.PidNameKeywords.which == "Keywords"


def test_error_codes() -> None:
    # [MS-OXCDATA] 2.4
    assert errorcodes.ErrorCode.NOT_FOUND.value == 0x8004010F
    assert errorcodes.WarningCode.PARTIALLY_COMPLETE.value == 0x00040680


def test_folders() -> None:
    assert folderids.Private.INBOX.value == 0x0D
    assert folderids.Public.EFORMS_REGISTRY.value == 0x04
    # [MS-OXCSTOR] 2.2.1.1.3: thirteen places
    assert len(folderids.LOGON_PRIVATE) == len(folderids.LOGON_PUBLIC) == 13
    assert None not in folderids.LOGON_PRIVATE
    assert folderids.LOGON_PRIVATE[4] is folderids.Private.INBOX
