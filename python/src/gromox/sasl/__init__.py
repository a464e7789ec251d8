"""gromox-sasl: tells other programs of this machine (Postfix above all) whether a password is right.

Two protocols, one answer:

* the Dovecot authentication protocol, version 1.1 (``gromox.sasl.dovecot``), for Postfix with
  ``smtpd_sasl_type = dovecot``. It carries the address of the client, so failed logins are counted as in
  IMAP.
* the protocol of saslauthd (``gromox.sasl.mux``), for ``testsaslauthd`` and programs with Cyrus SASL.

Decisions not to break:

* Which privilege a user needs depends on the service that asks (``gromox.sasl.verdict``); a service we do not
  know may verify nobody.
* The name that is answered is the user's primary address, whatever alias or alternative name was used to log
  in: Postfix compares it with ``smtpd_sender_login_maps``.
* Nobody may log in as somebody else here: the authorization identity is empty or the login itself.
* Only a client that said it is protected by TLS (or is on this machine) is listened to; Postfix offers
  nothing else, and a program that asks without is misconfigured.
"""
