"""Cards become contacts: every mapped property, the places of several, what follows from what."""

from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.convert.contact import CARD_UID, check_card, message_from_card, messages_from_vcards
from gromox.convert.contact.day import revision_text, ticks_of_day, ticks_of_instant
from gromox.convert.contact.names import FileUnderId
from gromox.convert.contact.source import CARD_LINES
from gromox.convert.mail.oneoff import OneOff, read_one_off
from gromox.ical import read
from gromox.ical.vcarddate import PartialDate
from gromox.mapi import named, tags
from gromox.mapi.message import PropertyKey
from tests.convert.contact.cards import FULL, card, contact


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (tags.PidTagMessageClass, "IPM.Contact"),
        (tags.PidTagIconIndex, 0x200),
        (tags.PidTagDisplayName, "Dr. Erika Mustermann"),
        (tags.PidTagSubject, "Dr. Erika Mustermann"),
        (tags.PidTagSurname, "Mustermann"),
        (tags.PidTagGivenName, "Erika"),
        (tags.PidTagMiddleName, "Maria"),
        (tags.PidTagDisplayNamePrefix, "Dr."),
        (tags.PidTagGeneration, "jun."),
        (tags.PidTagNickname, "Eri"),
        (tags.PidTagCompanyName, "Beispiel AG"),
        (tags.PidTagDepartmentName, "Einkauf, Berlin"),
        (tags.PidTagTitle, "Leiterin"),
        (tags.PidTagProfession, "Einkäuferin"),
        (tags.PidTagBody, "erste Zeile\r\nzweite"),
        (named.PidLidEmail1EmailAddress, "erste@example.org"),
        (named.PidLidEmail1AddressType, "SMTP"),
        (named.PidLidEmail1DisplayName, "Dr. Erika Mustermann (erste@example.org)"),
        (named.PidLidEmail1OriginalDisplayName, "erste@example.org"),
        (named.PidLidEmail2EmailAddress, "zweite@example.org"),
        (named.PidLidEmail3EmailAddress, "dritte@example.org"),
        (named.PidLidAddressBookProviderEmailList, (0, 1, 2)),
        (named.PidLidAddressBookProviderArrayType, 7),
        (named.PidLidInstantMessagingAddress, "xmpp:erika@example.org"),
        (tags.PidTagPersonalHomePage, "https://erika.example"),
        (tags.PidTagBusinessHomePage, "https://beispiel.example"),
        (named.PidLidHtml, "https://beispiel.example"),
        (named.PidLidFreeBusyLocation, "https://frei.example/erika"),
        (named.PidNameKeywords, ("Freunde", "Berlin, Mitte")),
        (tags.PidTagSensitivity, 3),
        (tags.PidTagGender, 1),
        (tags.PidTagSpouseName, "Max"),
        (tags.PidTagChildrensNames, ("Anna", "Ben")),
        (tags.PidTagManagerName, "Chefin"),
        (tags.PidTagAssistant, "Assistent"),
        (named.PidLidContactUserField1, "eins"),
        (named.PidLidContactUserField2, "zwei"),
        (tags.PidTagLanguage, "de"),
        (tags.PidTagHobbies, "Segeln"),
        (named.PidLidFileUnder, "Mustermann, Erika Maria"),
        (named.PidLidFileUnderId, FileUnderId.LAST_FIRST_MIDDLE),
        (named.PidLidHasPicture, False),
        (CARD_UID, "urn:uuid:1"),
    ],
)
def test_a_property_is_set(key: PropertyKey, value: object) -> None:
    assert contact(*FULL).properties.get(key) == value


def test_days_stand_at_noon_and_at_midnight() -> None:
    # 1970-01-31 is day 134804 since 1601; [MS-OXOCNTC] 2.2.1.5.1 and 2.2.1.5.2.
    bag = contact(*FULL).properties
    midnight = (134774 + 30) * 864_000_000_000

    assert bag[named.PidLidBirthdayLocal] == midnight
    assert bag[tags.PidTagBirthday] == midnight + (11 * 60 + 59) * 600_000_000
    assert revision_text(bag.number(tags.PidTagLastModificationTime)) == "20260102T030405Z"


def test_a_birthday_without_year_is_in_1604() -> None:
    assert ticks_of_day(PartialDate(month=2, day=29)) == ticks_of_day(PartialDate(1604, 2, 29))
    assert ticks_of_day(PartialDate(month=2)) is None
    assert ticks_of_day(PartialDate(1599, 1, 1)) is None
    assert ticks_of_day(PartialDate(2023, 2, 29)) is None


def test_a_revision_has_a_zone() -> None:
    hour = 36_000_000_000
    base = ticks_of_instant(PartialDate(2026, 1, 1, 12))

    assert base is not None
    assert ticks_of_instant(PartialDate(2026, 1, 1, 12, zone="+02:00")) == base - 2 * hour
    assert ticks_of_instant(PartialDate(2026, 1, 1, 12, zone="-0130")) == base + 3 * hour // 2
    assert ticks_of_instant(PartialDate(month=1, day=1)) is None
    assert revision_text(0) == ""
    assert revision_text(1 << 63) == ""


def test_the_entry_of_a_mail_address_is_one_off() -> None:
    entry_id = contact("FN:A", "EMAIL:a@x.org").properties.typed(named.PidLidEmail1OriginalEntryId, bytes)

    assert entry_id is not None
    assert read_one_off(entry_id) == OneOff("A", "SMTP", "a@x.org")


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("TEL;TYPE=work,fax:1", tags.PidTagBusinessFaxNumber),
        ("TEL;TYPE=fax;TYPE=home:1", tags.PidTagHomeFaxNumber),
        ("TEL;TYPE=fax:1", tags.PidTagPrimaryFaxNumber),
        ("X-MS-TEL;TYPE=ASSISTANT:1", tags.PidTagAssistantTelephoneNumber),
        ("X-MS-TEL;TYPE=CALLBACK:1", tags.PidTagCallbackTelephoneNumber),
        ("X-MS-TEL;TYPE=COMPANY:1", tags.PidTagCompanyMainTelephoneNumber),
        ("X-MS-TEL;TYPE=RADIO:1", tags.PidTagRadioTelephoneNumber),
        ("X-MS-TEL;TYPE=TTYTDD:1", tags.PidTagTelecommunicationsDeviceForDeafTelephoneNumber),
        ("TEL;TYPE=x-evolution-callback:1", tags.PidTagCallbackTelephoneNumber),
        ("TEL;TYPE=main:1", tags.PidTagCompanyMainTelephoneNumber),
        ("TLX:1", tags.PidTagOtherTelephoneNumber),
        ("TEL;TYPE=tlx:1", tags.PidTagTelexNumber),
        ("TEL;TYPE=pager:1", tags.PidTagPagerTelephoneNumber),
        ("TEL;TYPE=work,cell:1", tags.PidTagMobileTelephoneNumber),
        ("TEL;TYPE=iPhone:1", tags.PidTagMobileTelephoneNumber),
        ("TEL;TYPE=car:1", tags.PidTagCarTelephoneNumber),
        ("TEL;TYPE=isdn:1", tags.PidTagIsdnNumber),
        ("TEL;TYPE=work,voice:1", tags.PidTagBusinessTelephoneNumber),
        ("TEL;TYPE=home:1", tags.PidTagHomeTelephoneNumber),
        ("TEL;PREF=1:1", tags.PidTagPrimaryTelephoneNumber),
        ("TEL:1", tags.PidTagOtherTelephoneNumber),
        ("TEL;VALUE=uri:tel:1", tags.PidTagOtherTelephoneNumber),
    ],
)
def test_a_number_finds_its_place(line: str, tag: int) -> None:
    # [MS-OXVCARD] 2.1.3.3.1, 2.1.3.9.5
    bag = contact("FN:A", line).properties

    assert bag.get(tag) == "1"
    assert sum(value == "1" for value in bag.values()) == 1


def test_second_numbers_have_places_and_third_ones_none() -> None:
    lines = [f"TEL;TYPE={kind}:{kind}{number}" for kind in ("work", "home", "cell") for number in (1, 2, 3)]
    bag = contact("FN:A", *lines).properties

    assert bag[tags.PidTagBusinessTelephoneNumber] == "work1"
    assert bag[tags.PidTagBusiness2TelephoneNumber] == "work2"
    assert bag[tags.PidTagHome2TelephoneNumber] == "home2"
    assert bag[tags.PidTagMobileTelephoneNumber] == "cell1"
    # What has no place of its own takes the one for others, and the rest stays lines.
    assert bag[tags.PidTagOtherTelephoneNumber] == "work3"
    assert "TEL;TYPE=cell:cell3" in bag.texts(CARD_LINES)


def test_addresses_by_type() -> None:
    bag = contact(
        "FN:A",
        "ADR;TYPE=home:;Hinterhaus;Straße 1;Berlin;;10115;Deutschland",
        'ADR;TYPE=work;PREF=1;LABEL="Beispiel AG\\nBerlin":Postfach 1;4. Stock;Allee 2;Bonn;NRW;53111;D',
        "ADR:;;Weg 3;Köln;;;",
        "ADR:;;Weg 4;Köln;;;",
    ).properties

    assert bag[tags.PidTagHomeAddressStreet] == "Hinterhaus\r\nStraße 1"
    assert bag[named.PidLidHomeAddress] == "Hinterhaus\r\nStraße 1\r\nBerlin, 10115\r\nDeutschland"
    assert bag[named.PidLidWorkAddressStreet] == "Allee 2"
    assert bag[tags.PidTagOfficeLocation] == "4. Stock"
    assert bag[named.PidLidWorkAddressPostOfficeBox] == "Postfach 1"
    assert bag[named.PidLidWorkAddress] == "Beispiel AG\r\nBerlin"
    assert bag[tags.PidTagOtherAddressStreet] == "Weg 3"
    assert bag[named.PidLidPostalAddressId] == 2
    # [MS-OXOCNTC] 2.2.1.3.9: where letters go stands once more.
    assert bag[tags.PidTagStreetAddress] == "Allee 2"
    assert bag[tags.PidTagStateOrProvince] == "NRW"
    assert bag[tags.PidTagPostalAddress] == "Beispiel AG\r\nBerlin"


def test_the_label_of_an_address_in_old_cards() -> None:
    bag = contact("N:B;A", "ADR;TYPE=HOME:;;S;T;;;", "LABEL;TYPE=HOME:S\\nT", version="3.0").properties

    assert bag[named.PidLidHomeAddress] == "S\r\nT"


@pytest.mark.parametrize(
    ("lines", "shown", "rule", "filed"),
    [
        (("N:B;A",), "A B", FileUnderId.LAST_FIRST_MIDDLE, "B, A"),
        (("N:;A",), "A", FileUnderId.LAST_FIRST_MIDDLE, "A"),
        (("ORG:Firma",), "Firma", FileUnderId.COMPANY, "Firma"),
        (("FN:Wer", "ORG:Firma"), "Wer", FileUnderId.DISPLAY_NAME, "Wer"),
        (("EMAIL:a@x.org",), "a@x.org", FileUnderId.DISPLAY_NAME, "a@x.org"),
        ((), "", FileUnderId.EMPTY, ""),
    ],
)
def test_names_follow_from_what_there_is(
    lines: tuple[str, ...], shown: str, rule: FileUnderId, filed: str
) -> None:
    bag = contact(*lines).properties

    assert (bag[tags.PidTagDisplayName], bag[named.PidLidFileUnderId]) == (shown, rule)
    assert bag[named.PidLidFileUnder] == filed


def test_the_picture_is_an_attachment() -> None:
    message = contact("FN:A", "PHOTO:data:image/jpeg;base64,iVBORw0KGgo=", "PHOTO:https://x.org/a.png")
    (attachment,) = message.attachments

    assert attachment.data is not None
    assert b"".join(attachment.data.chunks()) == b"\x89PNG\r\n\x1a\n"
    # What the octets are counts more than what the card says.
    assert attachment.properties[tags.PidTagAttachLongFilename] == "ContactPicture.png"
    assert attachment.properties[tags.PidTagAttachMimeTag] == "image/png"
    assert attachment.properties[tags.PidTagAttachmentContactPhoto] is True
    assert message.properties[named.PidLidHasPicture] is True
    assert message.properties.texts(CARD_LINES) == ("FN:A", "PHOTO:https://x.org/a.png")


def test_certificates_are_kept_and_other_keys_stay_lines() -> None:
    bag = contact(
        "FN:A",
        "KEY:data:application/pkix-cert;base64,MAMCAQE=",
        "KEY;MEDIATYPE=application/pgp-keys:https://x",
    ).properties

    assert bag[tags.PidTagUserX509Certificate] == (bytes.fromhex("3003020101"),)


def test_other_programs_names() -> None:
    bag = contact(
        "FN:A",
        "X-EVOLUTION-SPOUSE:S",
        "item1.X-ABRELATEDNAMES:M",
        "item1.X-ABLABEL:_$!<Manager>!$_",
        "X-WAB-GENDER:2",
        "X-JABBER:a@x.org",
        "X-KADDRESSBOOK-X-Anniversary:2001-02-03",
        "X-MS-OL-DEFAULT-POSTAL-ADDRESS:1",
        "X-MS-CHILD:K",
        "X-PHONETIC-FIRST-NAME:あ",
        version="3.0",
    ).properties

    assert bag[tags.PidTagSpouseName] == "S"
    assert bag[tags.PidTagManagerName] == "M"
    assert bag[tags.PidTagGender] == 2
    assert bag[named.PidLidInstantMessagingAddress] == "xmpp:a@x.org"
    assert bag[named.PidLidWeddingAnniversaryLocal] == ticks_of_day(PartialDate(2001, 2, 3))[1]  # type: ignore[index]  # it is a day
    assert bag[named.PidLidPostalAddressId] == 1
    assert bag[tags.PidTagChildrensNames] == ("K",)
    assert bag[named.PidLidYomiFirstName] == "あ"


def test_a_card_within_a_card_is_a_contact_too() -> None:
    octets = card("FN:A", "BEGIN:VCARD", "FN:B", "END:VCARD") + card("FN:C")

    shown = [message.properties.text(tags.PidTagDisplayName) for message in messages_from_vcards(octets)]
    assert shown == ["A", "B", "C"]


def test_text_that_is_no_card_is_refused() -> None:
    with pytest.raises(ParseError):
        list(messages_from_vcards(b"nothing"))


def test_lines_are_bounded() -> None:
    many = contact("FN:A", *[f"X-N:{number}" for number in range(3000)])
    long = contact("FN:A", "X-LONG:" + "x" * (2 << 20), "X-SHORT:1")

    assert len(many.properties.texts(CARD_LINES)) == 2000
    assert long.properties.texts(CARD_LINES) == ("FN:A", "X-SHORT:1")


def test_children_and_certificates_are_bounded() -> None:
    bag = contact("FN:A", *[f"X-MS-CHILD:{number}" for number in range(150)]).properties

    assert len(bag.texts(tags.PidTagChildrensNames)) == 100


@pytest.mark.parametrize(
    ("lines", "version", "message"),
    [
        ((), "4.0", "FN"),
        (("FN:A",), "3.0", "N, which"),
        (("FN:A",), "2.1", "N, which"),
        (("FN:A",), "5.0", "VERSION"),
        (("FN:A", "BDAY:20000101", "BDAY:20000102"), "4.0", "BDAY once"),
    ],
)
def test_strict_reading_says_what_is_missing(lines: tuple[str, ...], version: str, message: str) -> None:
    (component,) = read(card(*lines, version=version))

    with pytest.raises(ParseError, match=message):
        check_card(component)


def test_strict_reading_takes_what_is_right() -> None:
    (component,) = read(card("FN:A", "N;ALTID=1;LANGUAGE=de:B;A", "N;ALTID=1;LANGUAGE=ja:B;A"))

    check_card(component)
    assert message_from_card(component).properties.text(tags.PidTagSurname) == "B"
    with pytest.raises(ParseError, match="VCARD"):
        check_card(read(b"BEGIN:VEVENT\r\nEND:VEVENT\r\n")[0])
