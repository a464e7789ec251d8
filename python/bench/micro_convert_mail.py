"""Microseconds of one mail to a message and back, against the plain scan plus decode and the email package.

``python bench/micro_convert_mail.py`` prints a table; the mails are those of micro_mime.py.
"""

from __future__ import annotations

import sys
from email import policy
from email.parser import BytesParser

from micro_mime import mails, microseconds

from gromox.convert.mail import mail_from_message, message_from_mail, octets_from_message
from gromox.mime import scan
from gromox.mime.body import decoded
from gromox.mime.charset import decode


def scan_and_decode(mail: bytes) -> None:
    """What any conversion has to do: the tree, the header fields, the bodies out of encoding and charset."""
    message = scan(mail)
    message.envelope()
    _ = (message.search_text, message.date)
    for part in message.root.walk():
        if not part.children:
            octets = decoded(part, mail)
            if part.media.type == "text":
                decode(octets, part.charset)


def to_message(mail: bytes) -> None:
    """The whole conversion with its scan."""
    message_from_mail(mail, scan(mail))


def there_and_back(mail: bytes) -> None:
    """Mail to message to mail."""
    octets_from_message(message_from_mail(mail))


def first_piece(mail: bytes) -> None:
    """Mail to message, and the plan of the mail that is written."""
    next(mail_from_message(message_from_mail(mail)))


def standard_library(mail: bytes) -> None:
    """The same by the email package: addresses, subject, date, texts, attachments."""
    message = BytesParser(policy=policy.default).parsebytes(mail)
    _ = [message[name] for name in ("From", "To", "Cc", "Subject", "Date", "Message-ID", "References")]
    for part in message.walk():
        if not part.is_multipart():
            part.get_content()


def main() -> None:
    """Print the table and the two ratios."""
    samples = [mails(2048), mails(10240)]
    sys.stdout.write(f"{'':44}{'2 kB':>10}{'10 kB':>10}  microseconds\n")
    times: dict[str, float] = {}
    for function in (scan_and_decode, to_message, there_and_back, first_piece, standard_library):
        first, second = (microseconds(function, sample) for sample in samples)
        times[function.__name__] = second
        sys.stdout.write(f"{function.__name__:44}{first:10.1f}{second:10.1f}\n")
    against_plain = times["to_message"] / times["scan_and_decode"]
    against_library = times["standard_library"] / times["to_message"]
    sys.stdout.write(f"to message: {against_plain:.2f} of scan and decode (at most 2)\n")
    sys.stdout.write(f"to message: {against_library:.1f} times as fast as email (at least 5)\n")


if __name__ == "__main__":
    main()
