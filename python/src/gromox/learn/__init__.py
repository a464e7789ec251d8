"""gromox-learn: tells the spam filter what users say by moving mail into and out of the junk folder.

Decisions not to break:

* **Only moves teach.** What the delivery put into a folder is the filter's own opinion and says nothing new.
* **Mail never waits.** This is a process of its own that hears of changes after they were committed; when the
  filter is away, or more is moved than can be told, something is not learned.
* A message moved from the junk folder to the deleted items was thrown away, not acquitted.
* Nothing is remembered across a restart: what was moved while nobody listened is not learned.
"""
