"""Intake of mail by LMTP and SMTP (RFC 2033, RFC 5321) into the spool.

Decisions not to break:

* **250 is a promise.** The answer to the end of DATA leaves after the spool has made the mail durable,
  never earlier.
* **Only CR LF "." CR LF ends DATA.** Anything else that looks like an end (a bare LF or CR around the dot)
  is content: what one system takes for an end and another for text is how mails are smuggled. Bare LF and
  CR inside a mail are kept.
* **No loop over lines.** Data is unstuffed with searches that run in C; a mail of 64 MB costs its copy, not
  its lines.
* A recipient that the cache knows is answered inline; only unknown ones cost a thread.
* Both protocols are one machine: LHLO selects LMTP (one answer for each recipient after DATA), HELO and
  EHLO SMTP.
* VRFY says 252, EXPN and ETRN 502: this service tells nobody who exists but by RCPT.
"""
