"""Messages on their way out: who sends, to whom, when, and what becomes of the message.

Decisions not to break:

* What is sent now stands in the table ``outgoing`` when the transaction commits that also puts the message
  where it belongs afterwards. There is no moment in which it is both sent and still to be sent.
* What is sent later stays as it is, locked (mfSubmitted), until its time; a job of gromox-timer then does
  the same transaction. The job only says "look": the message itself tells whether it is due.
* Who is allowed to send for whom is settled when it is submitted, and is then part of the message.
"""
