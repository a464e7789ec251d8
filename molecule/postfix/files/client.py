"""A client of the mail system under test, on another host: client.py VERB HOST ARGUMENT...; prints a result.

burst HOST SENDER RECIPIENT COUNT       sends that many mails to port 25, forty connections at a time
count HOST USER PASSWORD SUBJECT COUNT  waits until so many mails of that subject are in the inbox
read HOST USER PASSWORD SUBJECT         waits for a mail; prints its header by IMAPS and its size by POP3S
move HOST USER PASSWORD SUBJECT FOLDER  moves a mail from the inbox (or from Junk Email to INBOX) to a folder
"""

import imaplib
import poplib
import smtplib
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 180.0
CONNECTIONS = 40


def careless() -> ssl.SSLContext:
    """Certificates of tests are signed by themselves; gromox-verify compares them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def imap(host: str, user: str, password: str) -> imaplib.IMAP4:
    """Log in."""
    connection = imaplib.IMAP4_SSL(host, ssl_context=careless(), timeout=30)
    connection.login(user, password)
    return connection


def found(connection: imaplib.IMAP4, folder: str, subject: str) -> list[bytes]:
    """Return the UIDs of the mails of a subject."""
    connection.select(f'"{folder}"')
    return (connection.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0] or b"").split()


def wait(connection: imaplib.IMAP4, folder: str, subject: str, count: int) -> list[bytes]:
    """Wait until so many are there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        uids = found(connection, folder, subject)
        if len(uids) >= count:
            return uids
        if time.monotonic() > deadline:
            sys.exit(f"{len(uids)} of {count} mails '{subject}' in {folder} after {PATIENCE:.0f} s")
        time.sleep(0.5)


def burst(host: str, sender: str, recipient: str, count: str) -> None:
    """Send many mails at once."""

    def send(number: int) -> None:
        head = f"From: {sender}\r\nTo: {recipient}\r\nSubject: burst\r\n"
        head += f"Message-ID: <{number}.{begun}@elsewhere.test>"
        with smtplib.SMTP(host, 25, "mx.elsewhere.test", timeout=PATIENCE) as connection:
            connection.sendmail(sender, [recipient], f"{head}\r\n\r\nnumber {number}\r\n{'x' * 70}\r\n")

    begun = time.time()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(send, range(int(count))))
    print(f"{count} mails accepted within {time.time() - begun:.1f} s")


def count(host: str, user: str, password: str, subject: str, number: str) -> None:
    """Wait for many mails."""
    begun = time.monotonic()
    with imap(host, user, password) as connection:
        uids = wait(connection, "INBOX", subject, int(number))
    print(f"{len(uids)} mails in the inbox, {time.monotonic() - begun:.1f} s later")


def read(host: str, user: str, password: str, subject: str) -> None:
    """Read one mail by both protocols."""
    with imap(host, user, password) as connection:
        uid = wait(connection, "INBOX", subject, 1)[-1].decode()
        print(connection.uid("FETCH", uid, "BODY.PEEK[HEADER]")[1][0][1].decode())
    pop3 = poplib.POP3_SSL(host, context=careless(), timeout=30)
    pop3.user(user)
    pop3.pass_(password)
    newest = pop3.stat()[0]
    lines = pop3.retr(newest)[1]
    pop3.quit()
    print(
        f"POP3S: message {newest} has {len(lines)} lines, {any(subject.encode() in line for line in lines)}"
    )


def move(host: str, user: str, password: str, subject: str, folder: str) -> None:
    """Move one mail."""
    with imap(host, user, password) as connection:
        source = "Junk Email" if folder == "INBOX" else "INBOX"
        uid = wait(connection, source, subject, 1)[-1].decode()
        print(connection.uid("MOVE", uid, f'"{folder}"'))


{"burst": burst, "count": count, "read": read, "move": move}[sys.argv[1]](*sys.argv[2:])
