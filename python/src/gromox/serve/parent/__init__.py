"""The parent of a daemon's workers: accepts, hands over, restarts what crashed, replaces all when asked.

The listening sockets live here: a worker that dies takes only its own sessions along, and nobody who waits
to be accepted. The parent forks and therefore has no thread, no event loop of a library and no open
database. It does next to nothing, so that it has no reason to fail.

===============  ===========================================================================
``supervisor``   its life: signals, what follows when a worker is ready or ended, stopping
``household``    what all parts know: the plan, the workers, their generation
``loop``         waiting for sockets, and timers
``signals``      signals as something to wait for
``workers``      forking workers, killing those that hang, restarting those that crash
``channels``     what workers and the parent say to each other
``doors``        accepting connections, and which worker gets one
``generations``  new settings: new workers take over from the former ones (SIGHUP)
``replacement``  new code: the parent becomes its own successor (SIGUSR2)
``figures``      the metrics of all workers in one text
===============  ===========================================================================
"""
