"""Which property of a card is which property of a contact: facts only.

Spec: [MS-OXVCARD] 2.1.3 (types of vCard), [MS-OXOCNTC] 2.2.1 (properties of contacts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi import named, tags

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyKey

CONTACT_CLASS: Final = "IPM.Contact"
LIST_CLASS: Final = "IPM.DistList"
#: PidTagIconIndex, [MS-OXOCNTC] 2.2.1.10 and 2.2.2.
CONTACT_ICON: Final = 0x200
LIST_ICON: Final = 0x202

#: N, in its order, [MS-OXVCARD] 2.1.3.1.2.
NAME_PARTS: Final = (
    tags.PidTagSurname,
    tags.PidTagGivenName,
    tags.PidTagMiddleName,
    tags.PidTagDisplayNamePrefix,
    tags.PidTagGeneration,
)
#: ORG, in its order; further units stand in the department, [MS-OXVCARD] 2.1.3.5.5.
ORGANIZATION: Final = (tags.PidTagCompanyName, tags.PidTagDepartmentName)


class PlaceOfAddress(NamedTuple):
    """The properties of one postal address, [MS-OXOCNTC] 2.2.1.3."""

    type: str  #: TYPE of ADR; empty: none
    number: int  #: PidLidPostalAddressId
    po_box: PropertyKey
    street: PropertyKey
    locality: PropertyKey
    region: PropertyKey
    postal_code: PropertyKey
    country: PropertyKey
    whole: PropertyKey

    @property
    def parts(self) -> tuple[PropertyKey, ...]:
        """All but the whole address in one text."""
        return self[2:8]


HOME: Final = PlaceOfAddress(
    "home",
    1,
    tags.PidTagHomeAddressPostOfficeBox,
    tags.PidTagHomeAddressStreet,
    tags.PidTagHomeAddressCity,
    tags.PidTagHomeAddressStateOrProvince,
    tags.PidTagHomeAddressPostalCode,
    tags.PidTagHomeAddressCountry,
    named.PidLidHomeAddress,
)
WORK: Final = PlaceOfAddress(
    "work",
    2,
    named.PidLidWorkAddressPostOfficeBox,
    named.PidLidWorkAddressStreet,
    named.PidLidWorkAddressCity,
    named.PidLidWorkAddressState,
    named.PidLidWorkAddressPostalCode,
    named.PidLidWorkAddressCountry,
    named.PidLidWorkAddress,
)
OTHER: Final = PlaceOfAddress(
    "",
    3,
    tags.PidTagOtherAddressPostOfficeBox,
    tags.PidTagOtherAddressStreet,
    tags.PidTagOtherAddressCity,
    tags.PidTagOtherAddressStateOrProvince,
    tags.PidTagOtherAddressPostalCode,
    tags.PidTagOtherAddressCountry,
    named.PidLidOtherAddress,
)
PLACES: Final = (WORK, HOME, OTHER)
#: The address that letters go to, once more: [MS-OXOCNTC] 2.2.1.3.9.
MAILING: Final = (
    tags.PidTagPostOfficeBox,
    tags.PidTagStreetAddress,
    tags.PidTagLocality,
    tags.PidTagStateOrProvince,
    tags.PidTagPostalCode,
    tags.PidTagCountry,
    tags.PidTagPostalAddress,
)


class Slot(NamedTuple):
    """The properties of one mail address, [MS-OXOCNTC] 2.2.1.2."""

    number: int  #: in PidLidAddressBookProviderEmailList
    address: PropertyKey
    type: PropertyKey
    display_name: PropertyKey
    original_name: PropertyKey
    entry_id: PropertyKey


SLOTS: Final = (
    Slot(
        0,
        named.PidLidEmail1EmailAddress,
        named.PidLidEmail1AddressType,
        named.PidLidEmail1DisplayName,
        named.PidLidEmail1OriginalDisplayName,
        named.PidLidEmail1OriginalEntryId,
    ),
    Slot(
        1,
        named.PidLidEmail2EmailAddress,
        named.PidLidEmail2AddressType,
        named.PidLidEmail2DisplayName,
        named.PidLidEmail2OriginalDisplayName,
        named.PidLidEmail2OriginalEntryId,
    ),
    Slot(
        2,
        named.PidLidEmail3EmailAddress,
        named.PidLidEmail3AddressType,
        named.PidLidEmail3DisplayName,
        named.PidLidEmail3OriginalDisplayName,
        named.PidLidEmail3OriginalEntryId,
    ),
)


class Phone(NamedTuple):
    """A telephone number: how it is told, and where it stands, [MS-OXVCARD] 2.1.3.3.1 and 2.1.3.9.5."""

    tag: int
    types: tuple[str, ...]  #: what a card must say, all of it
    name: str = "TEL"


_X: Final = "X-MS-TEL"
#: In the order in which they are looked at: the first whose types are all told, and that is free, takes it.
PHONES: Final = (
    Phone(tags.PidTagBusinessFaxNumber, ("work", "fax")),
    Phone(tags.PidTagHomeFaxNumber, ("home", "fax")),
    Phone(tags.PidTagPrimaryFaxNumber, ("fax",)),
    Phone(tags.PidTagAssistantTelephoneNumber, ("assistant",), _X),
    Phone(tags.PidTagCallbackTelephoneNumber, ("callback",), _X),
    Phone(tags.PidTagCompanyMainTelephoneNumber, ("company",), _X),
    Phone(tags.PidTagRadioTelephoneNumber, ("radio",), _X),
    Phone(tags.PidTagTelecommunicationsDeviceForDeafTelephoneNumber, ("ttytdd",), _X),
    Phone(tags.PidTagTelexNumber, ("telex",)),
    Phone(tags.PidTagPagerTelephoneNumber, ("pager",)),
    Phone(tags.PidTagCarTelephoneNumber, ("car",)),
    Phone(tags.PidTagIsdnNumber, ("isdn",)),
    Phone(tags.PidTagMobileTelephoneNumber, ("cell",)),
    Phone(tags.PidTagBusinessTelephoneNumber, ("work",)),
    Phone(tags.PidTagBusiness2TelephoneNumber, ("work",)),
    Phone(tags.PidTagHomeTelephoneNumber, ("home",)),
    Phone(tags.PidTagHome2TelephoneNumber, ("home",)),
    Phone(tags.PidTagPrimaryTelephoneNumber, ("pref",)),
    Phone(tags.PidTagOtherTelephoneNumber, ()),
)
#: Types that other programs write for one of these.
PHONE_TYPES: Final = {
    "mobile": "cell",
    "iphone": "cell",
    "main": "company",
    "textphone": "ttytdd",
    "tty-tdd": "ttytdd",
    "tty": "ttytdd",
    "tlx": "telex",
    "facsimile": "fax",
    "business": "work",
    "homefax": "fax",
    "workfax": "fax",
}
#: Of these one is enough to keep a number out of the places for plain work and home numbers.
_SPECIAL: Final = frozenset(
    ["fax", "telex", "pager", "car", "isdn", "cell", "assistant", "callback", "company"]
)


def phone_matches(phone: Phone, types: frozenset[str]) -> bool:
    """Tell whether a number of these types belongs there."""
    if not types.issuperset(phone.types):
        return False
    return bool(_SPECIAL.intersection(phone.types)) or not _SPECIAL.intersection(types)


class Text(NamedTuple):
    """A property that is one text."""

    name: str
    key: PropertyKey
    types: tuple[str, ...] = ()  #: what TYPE must say
    version: str = ""  #: the only one in which it is written under this name


#: Read and written alike. Where a property has several names, the first that the version has is written.
TEXTS: Final = (
    Text("FN", tags.PidTagDisplayName),
    Text("NICKNAME", tags.PidTagNickname),
    Text("TITLE", tags.PidTagTitle),
    Text("ROLE", tags.PidTagProfession),
    Text("NOTE", tags.PidTagBody),
    Text("X-MS-ASSISTANT", tags.PidTagAssistant, ("n",)),
    Text("X-MS-MANAGER", tags.PidTagManagerName, ("n",)),
    Text("X-MS-SPOUSE", tags.PidTagSpouseName, ("n",)),
    Text("X-PHONETIC-FIRST-NAME", named.PidLidYomiFirstName),
    Text("X-PHONETIC-LAST-NAME", named.PidLidYomiLastName),
    Text("X-PHONETIC-ORG", named.PidLidYomiCompanyName),
    Text("X-MS-IMADDRESS", named.PidLidInstantMessagingAddress),
    Text("X-MS-OL-INITIALS", tags.PidTagInitials),
    Text("LANG", tags.PidTagLanguage, (), "4.0"),
    Text("X-MS-LANGUAGE", tags.PidTagLanguage),
    Text("X-MS-OFFICE", tags.PidTagOfficeLocation),
    Text("X-MS-ACCOUNT", tags.PidTagAccount),
    Text("X-MS-CUSTOMER-ID", tags.PidTagCustomerId),
    Text("X-MS-GOVERNMENT-ID", tags.PidTagGovernmentIdNumber),
    Text("X-MS-ORGANIZATION-ID", tags.PidTagOrganizationalIdNumber),
    Text("X-MS-COMPUTER-NETWORK-NAME", tags.PidTagComputerNetworkName),
    Text("X-MS-REFERRED-BY", tags.PidTagReferredByName),
    Text("X-MS-LOCATION", tags.PidTagLocation),
    Text("HOBBY", tags.PidTagHobbies, (), "4.0"),
    Text("X-MS-INTERESTS", tags.PidTagHobbies),
)
#: Names under which other programs write a property of TEXTS.
OTHER_NAMES: Final = {
    "X-ASSISTANT": "X-MS-ASSISTANT",
    "X-EVOLUTION-ASSISTANT": "X-MS-ASSISTANT",
    "X-KADDRESSBOOK-X-ASSISTANTSNAME": "X-MS-ASSISTANT",
    "X-MANAGER": "X-MS-MANAGER",
    "X-EVOLUTION-MANAGER": "X-MS-MANAGER",
    "X-KADDRESSBOOK-X-MANAGERSNAME": "X-MS-MANAGER",
    "X-SPOUSE": "X-MS-SPOUSE",
    "X-EVOLUTION-SPOUSE": "X-MS-SPOUSE",
    "X-KADDRESSBOOK-X-SPOUSESNAME": "X-MS-SPOUSE",
    "X-PHONETIC-GIVEN-NAME": "X-PHONETIC-FIRST-NAME",
    "X-PHONETIC-FAMILY-NAME": "X-PHONETIC-LAST-NAME",
    "X-KADDRESSBOOK-X-IMADDRESS": "X-MS-IMADDRESS",
    "X-KADDRESSBOOK-X-OFFICE": "X-MS-OFFICE",
    "X-KADDRESSBOOK-X-PROFESSION": "ROLE",
    "X-NICKNAME": "NICKNAME",
}
#: The four texts of the user, [MS-OXVCARD] 2.1.3.9.4.
USER_FIELDS: Final = (
    named.PidLidContactUserField1,
    named.PidLidContactUserField2,
    named.PidLidContactUserField3,
    named.PidLidContactUserField4,
)
#: Of related people, by TYPE of RELATED, RFC 6350 6.6.6.
RELATED: Final = {
    "spouse": tags.PidTagSpouseName,
    "assistant": tags.PidTagAssistant,
    "manager": tags.PidTagManagerName,
}
#: Days, and the same days in local time: [MS-OXOCNTC] 2.2.1.5.
BIRTHDAY: Final = (tags.PidTagBirthday, named.PidLidBirthdayLocal)
ANNIVERSARY: Final = (tags.PidTagWeddingAnniversary, named.PidLidWeddingAnniversaryLocal)
ANNIVERSARY_NAMES: Final = (
    "ANNIVERSARY",
    "X-ANNIVERSARY",
    "X-MS-ANNIVERSARY",
    "X-EVOLUTION-ANNIVERSARY",
    "X-KADDRESSBOOK-X-ANNIVERSARY",
)
#: PidTagSensitivity by CLASS, [MS-OXVCARD] 2.1.3.7.2.
CLASSES: Final = {"PUBLIC": 0, "PERSONAL": 1, "PRIVATE": 2, "CONFIDENTIAL": 3}
#: PidTagGender by the first letter of GENDER, [MS-OXOCNTC] 2.2.1.10.
GENDERS: Final = {"F": 1, "M": 2}
