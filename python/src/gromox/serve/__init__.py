"""The only place with an event loop: drives protocol cores over sockets.

Decisions not to break:

* Sockets are raw and non-blocking, watched with ``loop.add_reader``; asyncio transports copy bulk answers and
  cost 3-4x.
* One round (what one event led to) is collected, made durable, then sent with as few system calls as
  possible. A round that has nothing to make durable is answered inside the callback that read the request.
* The loop never blocks: no fsync, no name lookup, no database of another machine. These run in threads.
* Everything is bounded: one read is 64 KiB, unsent output stops the reading at 1 MiB, a produced answer is
  made in slices of a few milliseconds, connections are counted in all and per address.
* An idle connection holds no buffer. Timeouts are looked at by one wheel, not by a timer a connection.

A connection goes through: handshake (implicit TLS) - open - waiting (for a sync, a call, a produced
answer, TLS) - open - lingering (all sent, wait for the peer's end) - closed.
"""
