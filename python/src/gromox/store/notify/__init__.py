"""Notifications: who subscribed hears what happened, whoever did it and in whatever process.

Decisions not to break (docs/decisions/0028):

* Events are computed from change numbers when somebody looks: after a ring of the doorbell, or in a call.
  Nothing is queued for anybody by writers, and a lost ring loses no event.
* What happened to a mailbox is computed once a process and shared (feed.py); subscribers filter.
* Nobody hears of what they may not read: a move out of a readable folder is a deletion to them.
"""
