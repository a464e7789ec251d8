"""Contacts become cards: all versions, what changed and what did not, pictures, lists."""

from __future__ import annotations

import pytest
from gromox.convert.contact import (
    CARD_UID,
    Member,
    ReaderHooks,
    WriterHooks,
    card_from_message,
    messages_from_vcards,
    vcard_from_message,
)
from gromox.convert.contact.memberlist import (
    ContactAddress,
    ListMember,
    MemberKind,
    Wrapped,
    checksum,
    members_of,
    set_members,
    unwrap,
    wrap,
)
from gromox.base.errors import ParseError
from gromox.convert.mail.oneoff import OneOff, one_off_entry_id
from gromox.convert.bodies import from_html, set_bodies
from gromox.mapi import named, tags
from gromox.mapi.message import Message, PropertyBag
from tests.convert.contact.cards import FULL, card, contact


def lines(message: Message, version: str = "4.0", hooks: WriterHooks | None = None) -> list[str]:
    octets = vcard_from_message(message, version=version, hooks=hooks)
    return octets.decode().replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_a_card_comes_back_as_it_was(version: str) -> None:
    octets = vcard_from_message(contact(*FULL), version=version)
    (again,) = messages_from_vcards(octets)

    assert vcard_from_message(again, version=version) == octets


def test_lines_that_nobody_changed_stay_as_they_were() -> None:
    odd = [
        "item7.TEL;TYPE=work;X-ODD=1:+49 (0)30 / 1",
        "item7.X-ABLABEL:Zentrale",
        "X-UNKNOWN;A=b:c",
        "TITLE;LANGUAGE=de:Leiter",
        "BDAY:--0412",
    ]
    written = lines(contact("FN:A", *odd))

    assert [line for line in written if line in odd] == odd


def test_only_what_changed_is_made_anew() -> None:
    message = contact(
        "FN:A", "TEL;TYPE=work;X-ODD=1:1", "EMAIL;X-ODD=2:a@x.org", "item1.URL:u", "item1.X-ABLABEL:l"
    )
    bag = message.properties
    bag[tags.PidTagBusinessTelephoneNumber] = "2"
    del bag[tags.PidTagBusinessHomePage]
    del bag[named.PidLidHtml]
    written = lines(message)

    assert "TEL;TYPE=work:2" in written
    assert "EMAIL;X-ODD=2:a@x.org" in written
    # The label of a line that went has nothing to name.
    assert not [line for line in written if "URL" in line or "LABEL" in line]


def test_a_value_that_went_is_not_written() -> None:
    message = contact("FN:A", "TITLE:T", "CATEGORIES:a,b")
    del message.properties[tags.PidTagTitle]
    message.properties[named.PidNameKeywords] = ("b",)
    written = lines(message)

    assert not [line for line in written if line.startswith("TITLE")]
    assert "CATEGORIES:b" in written


def made_by_mapi() -> Message:
    """A contact that no card was read for."""
    bag = PropertyBag(
        {
            tags.PidTagMessageClass: "IPM.Contact",
            tags.PidTagDisplayName: "Dan Fennell",
            tags.PidTagGivenName: "Dan",
            tags.PidTagSurname: "Fennell",
            tags.PidTagCompanyName: "Contoso, Ltd",
            tags.PidTagBusinessTelephoneNumber: "+1-206-555-0102",
            tags.PidTagMobileTelephoneNumber: "+1-425-555-0199",
            tags.PidTagPrimaryTelephoneNumber: "+1",
            tags.PidTagCompanyMainTelephoneNumber: "+1-206-555-0100",
            tags.PidTagAssistant: "Jeff Price",
            tags.PidTagSpouseName: "Eve",
            tags.PidTagChildrensNames: ("Kim",),
            tags.PidTagBody: "a\r\nb",
            tags.PidTagPersonalHomePage: "https://p",
            tags.PidTagBusinessHomePage: "https://b",
            named.PidLidFreeBusyLocation: "https://f",
            named.PidLidEmail1EmailAddress: "dan.fennell@contoso.com",
            named.PidLidEmail1AddressType: "SMTP",
            named.PidLidEmail2EmailAddress: "/o=x/cn=dan",
            named.PidLidEmail2AddressType: "EX",
            named.PidLidEmail2OriginalDisplayName: "dan@contoso.com",
            named.PidLidEmail3EmailAddress: "Dan@+1",
            named.PidLidEmail3AddressType: "FAX",
            named.PidLidWorkAddressStreet: "7890 Elm Street",
            named.PidLidWorkAddressCity: "Boulder",
            named.PidLidPostalAddressId: 2,
            named.PidLidHomeAddress: "somewhere else",
            tags.PidTagHomeAddressCity: "Boulder",
            named.PidLidInstantMessagingAddress: "sip:dan@contoso.com",
            named.PidLidContactUserField1: "one",
            named.PidNameKeywords: ("x, y",),
            tags.PidTagSensitivity: 2,
            tags.PidTagGender: 2,
            tags.PidTagBirthday: (134774 + 30) * 864_000_000_000 + 1,
            named.PidLidWeddingAnniversaryLocal: 1186 * 864_000_000_000,
            tags.PidTagUserX509Certificate: (
                bytes.fromhex("02000600000003000900") + b"\x30\x03\x02\x01\x01",
                b"?",
            ),
            named.PidLidBusinessCardCardPicture: b"\xff\xd8\xff",
            tags.PidTagLastModificationTime: 134_000_000_000_000_000,
            tags.PidTagHobbies: "Sailing",
            tags.PidTagNickname: "D, F",
        }
    )
    return Message(bag)


def test_a_contact_of_outlook_in_version_3() -> None:
    # [MS-OXVCARD] 3.2: the names of types and parameters.
    written = lines(made_by_mapi(), "3.0")

    assert written[:5] == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "PRODID:-//Gromox//Contacts//EN",
        "N:Fennell;Dan;;;",
        "FN:Dan Fennell",
    ]
    for line in (
        "ORG:Contoso\\, Ltd",
        "NICKNAME:D,F",
        "EMAIL;TYPE=INTERNET,PREF:dan.fennell@contoso.com",
        "EMAIL;TYPE=INTERNET:dan@contoso.com",
        "TEL;TYPE=WORK:+1-206-555-0102",
        "TEL;TYPE=CELL:+1-425-555-0199",
        "TEL;TYPE=PREF:+1",
        "X-MS-TEL;TYPE=COMPANY:+1-206-555-0100",
        "X-MS-ASSISTANT;TYPE=N:Jeff Price",
        "X-MS-SPOUSE;TYPE=N:Eve",
        "X-MS-CHILD:Kim",
        "ADR;TYPE=WORK,PREF:;;7890 Elm Street;Boulder;;;",
        "LABEL;TYPE=HOME:somewhere else",
        "IMPP:sip:dan@contoso.com",
        "NOTE:a\\nb",
        "CLASS:PRIVATE",
        "X-WAB-GENDER:2",
        "BDAY:1970-01-31",
        "X-MS-ANNIVERSARY;X-APPLE-OMIT-YEAR=1604:1604-04-01",
        "KEY;ENCODING=b;TYPE=X509:MAMCAQE=",
        "X-MS-CARDPICTURE;ENCODING=b;TYPE=JPEG:/9j/",
        "X-MS-INTERESTS:Sailing",
        "X-MS-TEXT:one",
        "CATEGORIES:x\\, y",
        "URL;TYPE=HOME:https://p",
        "URL;TYPE=WORK:https://b",
        "FBURL:https://f",
    ):
        assert line in written
    assert not [line for line in written if "+1;" in line or "Dan@" in line]
    assert written[-3].startswith("REV:2025")


def test_a_contact_of_outlook_in_version_4() -> None:
    written = lines(made_by_mapi(), "4.0")

    for line in (
        "EMAIL;PREF=1:dan.fennell@contoso.com",
        "TEL;PREF=1:+1",
        "RELATED;VALUE=text;TYPE=spouse:Eve",
        "RELATED;VALUE=text;TYPE=child:Kim",
        "ADR;TYPE=work;PREF=1:;;7890 Elm Street;Boulder;;;",
        "GENDER:M",
        "BDAY:19700131",
        "ANNIVERSARY:--0401",
        "KEY:data:application/pkix-cert;base64,MAMCAQE=",
        "HOBBY:Sailing",
    ):
        assert line in written


def test_a_contact_of_outlook_in_version_2() -> None:
    written = lines(made_by_mapi(), "2.1")

    assert "X-MS-IMADDRESS:sip:dan@contoso.com" in written
    assert "BDAY:19700131" in written
    assert "KEY;ENCODING=BASE64;TYPE=X509:MAMCAQE=" in written


def test_a_body_in_another_form_becomes_the_note() -> None:
    message = Message()
    set_bodies(message.properties, from_html("<p>hello</p>"))
    del message.properties[tags.PidTagBody]

    assert "NOTE:hello" in lines(message)


def test_only_a_mailing_address() -> None:
    message = Message(PropertyBag({tags.PidTagStreetAddress: "S", tags.PidTagLocality: "T"}))

    assert "ADR:;;S;T;;;" in lines(message)


def test_a_postal_address_id_without_address() -> None:
    message = Message(PropertyBag({named.PidLidPostalAddressId: 1}))

    assert "X-MS-OL-DEFAULT-POSTAL-ADDRESS:1" in lines(message)


def test_the_address_book_knows_addresses() -> None:
    message = made_by_mapi()
    hooks = WriterHooks(smtp_of={"/o=x/cn=dan": "d@contoso.com"}.get)

    assert "EMAIL:d@contoso.com" in lines(message, hooks=hooks)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="no version"):
        card_from_message(Message(), version="5.0")


def test_a_uid_is_given_only_to_who_has_none() -> None:
    message = contact("FN:A")

    assert "UID:new" in vcard_from_message(message, uid="new").decode().split("\r\n")
    message.properties[CARD_UID] = "old"
    assert "UID:old" in vcard_from_message(message, uid="new").decode().split("\r\n")


@pytest.mark.parametrize(
    ("source", "version", "before", "after"),
    [
        ("4.0", "3.0", "TEL;TYPE=work;PREF=1;X=1:1", "TEL;X=1;TYPE=work,pref:1"),
        ("4.0", "3.0", "TEL;PREF=7:1", "TEL:1"),
        ("3.0", "4.0", "TEL;TYPE=work,pref:1", "TEL;TYPE=work;PREF=1:1"),
        ("3.0", "4.0", "X-ANNIVERSARY:20000101", "ANNIVERSARY:20000101"),
        ("4.0", "3.0", "ANNIVERSARY:20000101", "X-ANNIVERSARY:20000101"),
        ("3.0", "4.0", "LOGO;ENCODING=b;TYPE=PNG:iVBO", "LOGO:data:image/png;base64,iVBO"),
        ("4.0", "2.1", "SOUND:data:audio/ogg;base64,AAAA", "SOUND;ENCODING=BASE64;TYPE=OGG:AAAA"),
        ("4.0", "3.0", "LOGO:https://x.org/", "LOGO:https://x.org/"),
        ("2.1", "3.0", "ORG:a, b;c", "ORG:a\\, b;c"),
        ("2.1", "4.0", "TITLE:a, b", "TITLE:a\\, b"),
    ],
)
def test_lines_speak_the_version_of_the_card(source: str, version: str, before: str, after: str) -> None:
    assert after in lines(contact("N:B;A", "FN:A", before, version=source), version)


def test_a_picture_in_each_version() -> None:
    message = contact("FN:A", "PHOTO:data:image/png;base64,iVBORw0KGgo=")

    assert "PHOTO:data:image/png;base64,iVBORw0KGgo=" in lines(message)
    assert "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=" in lines(message, "3.0")
    assert "PHOTO;ENCODING=BASE64;TYPE=PNG:iVBORw0KGgo=" in lines(message, "2.1")
    message.attachments.clear()
    assert not [line for line in lines(message) if line.startswith("PHOTO")]


GROUP = (
    "KIND:group",
    "FN:Freunde",
    "NOTE:alle",
    "CATEGORIES:x",
    "MEMBER;X-CN=Anna:mailto:anna@example.org",
    "MEMBER:mailto:ben@example.org?subject=x",
    "MEMBER:urn:uuid:bekannt",
    "MEMBER:urn:uuid:unbekannt",
    "MEMBER:mailto:niemand",
    "X-MORE:1",
    "REV:20260101T000000Z",
)
KNOWN = wrap(Wrapped(MemberKind.CONTACT, b"entry", ContactAddress.EMAIL_1))


def group() -> Message:
    known = {"urn:uuid:bekannt": Member(KNOWN, "Bekannt", "b@example.org")}
    (message,) = messages_from_vcards(card(*GROUP), hooks=ReaderHooks(known.get))
    return message


def test_a_list_has_its_members_twice() -> None:
    # [MS-OXOCNTC] 2.2.2.2
    bag = group().properties

    assert bag[tags.PidTagMessageClass] == "IPM.DistList"
    assert bag[named.PidLidDistributionListName] == bag[tags.PidTagDisplayName] == "Freunde"
    assert bag[named.PidLidDistributionListMembers] == (
        one_off_entry_id("Anna", "anna@example.org"),
        one_off_entry_id("ben@example.org", "ben@example.org"),
        KNOWN,
    )
    assert [member.shown for member in members_of(bag)] == [
        OneOff("Anna", "SMTP", "anna@example.org"),
        OneOff("ben@example.org", "SMTP", "ben@example.org"),
        OneOff("Bekannt", "SMTP", "b@example.org"),
    ]


def test_members_nobody_knows_stay_lines() -> None:
    written = lines(group(), hooks=WriterHooks(uri_of={KNOWN: "urn:uuid:bekannt"}.get))

    assert [line for line in written if line.startswith("MEMBER")] == [
        "MEMBER;X-CN=Anna:mailto:anna@example.org",
        "MEMBER:mailto:ben@example.org",
        "MEMBER;X-CN=Bekannt:urn:uuid:bekannt",
        "MEMBER:urn:uuid:unbekannt",
        "MEMBER:mailto:niemand",
    ]
    assert written.count("KIND:group") == 1
    assert {"X-MORE:1", "NOTE:alle", "CATEGORIES:x"} <= set(written)


def test_a_list_in_version_3() -> None:
    written = lines(group(), "3.0")

    assert "X-ADDRESSBOOKSERVER-KIND:group" in written
    assert "X-ADDRESSBOOKSERVER-MEMBER;X-CN=Bekannt:mailto:b@example.org" in written
    assert "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:unbekannt" in written
    octets = vcard_from_message(group(), version="3.0")
    (again,) = messages_from_vcards(octets)
    assert vcard_from_message(again, version="3.0") == octets


def test_a_list_of_evolution() -> None:
    (message,) = messages_from_vcards(
        card(
            "FN:L",
            "X-EVOLUTION-LIST:TRUE",
            'EMAIL;X-EVOLUTION-DEST-NAME=A:"A" <a@x.org>',
            "EMAIL:b@x.org",
            version="3.0",
        )
    )

    assert [member.shown.address for member in members_of(message.properties)] == ["a@x.org", "b@x.org"]


def test_a_group_may_have_an_address() -> None:
    (message,) = messages_from_vcards(card("FN:L", "KIND:group", "EMAIL:list@x.org"))

    assert members_of(message.properties) == []
    assert "EMAIL:list@x.org" in lines(message)


def test_a_list_of_outlook() -> None:
    bag = PropertyBag(
        {tags.PidTagMessageClass: "IPM.DistList", tags.PidTagDisplayName: "L", named.PidNameKeywords: ("k",)}
    )
    inner = one_off_entry_id("In", "in@x.org")
    bag[named.PidLidDistributionListMembers] = (
        wrap(Wrapped(MemberKind.ONE_OFF, inner)),
        wrap(Wrapped(MemberKind.LIST, b"?")),
        b"?",
        one_off_entry_id("Ex", "/o=x", "EX"),
    )

    assert [line for line in lines(Message(bag)) if line.startswith("MEMBER")] == [
        "MEMBER;X-CN=In:mailto:in@x.org"
    ]
    assert "MEMBER;X-CN=Ex:mailto:ex@x.org" in lines(
        Message(bag), hooks=WriterHooks(smtp_of={"/o=x": "ex@x.org"}.get)
    )
    assert "CATEGORIES:k" in lines(Message(bag))


def test_the_size_of_a_list_is_bounded() -> None:
    # [MS-OXOCNTC] 2.2.2.2.1: less than 15,000 octets.
    bag = PropertyBag()
    members = [ListMember(b"x" * 100, OneOff("n", "SMTP", f"{number}@x.org")) for number in range(1000)]
    room = set_members(bag, members)
    (message,) = messages_from_vcards(
        card("KIND:group", "FN:L", *[f"MEMBER:mailto:{number:050}@example.org" for number in range(200)])
    )

    assert room == 149
    assert len(bag[named.PidLidDistributionListMembers]) == room  # type: ignore[arg-type]  # a tuple
    # None is lost: those that found no room are lines.
    assert len([line for line in lines(message) if line.startswith("MEMBER")]) == 200


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        (Wrapped(MemberKind.CONTACT, b"e", ContactAddress.EMAIL_1), 0xC3),
        (Wrapped(MemberKind.LIST, b"e"), 0xB4),
        (Wrapped(MemberKind.MAIL_USER, b"e"), 0xB5),
        (Wrapped(MemberKind.GLOBAL_LIST, b"e"), 0xB6),
        (Wrapped(MemberKind.ONE_OFF, b"e"), 0x00),
    ],
)
def test_wrapped_entry_ids(member: Wrapped, kind: int) -> None:
    # [MS-OXOCNTC] 2.2.2.2.4.1.1
    octets = bytes.fromhex("00000000c091add3519dcf11a4a900aa0047faa4") + bytes([kind]) + b"e"

    assert wrap(member) == octets
    assert unwrap(octets) == member


@pytest.mark.parametrize("size", range(len(KNOWN) - 4))
def test_a_short_wrapped_entry_id_is_an_error(size: int) -> None:
    if size > 21:
        assert unwrap(KNOWN[:size]).entry_id == KNOWN[21:size]
        return
    with pytest.raises(ParseError):
        unwrap(KNOWN[:size])


@pytest.mark.parametrize(
    "octets",
    [
        KNOWN[:21],
        b"\1" + KNOWN[:3] + bytes(40),
        KNOWN[:20] + b"\x87e",
        KNOWN[:20] + b"\xf3e",
        KNOWN + bytes(5000),
    ],
)
def test_what_is_no_wrapped_entry_id(octets: bytes) -> None:
    with pytest.raises(ParseError):
        unwrap(octets)


def test_the_checksum_is_the_crc_of_all_members() -> None:
    # The CRC of "123456789", begun with 0 and not inverted.
    assert checksum([b"12345", b"6789"]) == 0x2DFD2D88
