"""Conversions between the message model and the formats of the Internet and of mail programs. Layer 2, pure.

Decisions not to break:

* Readers take any octets; what does not follow its grammar raises ``ParseError`` or is passed over, never
  anything else. Every reader bounds depth, count and size.
* Writers are stable: the same input gives the same octets.
* Nothing here reads a clock, a file or chance; who needs a time or an identifier hands it in.
"""
