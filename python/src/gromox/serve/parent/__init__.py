"""The parent of a daemon's workers: holds their sockets, restarts what crashed, replaces all when asked.

The listening sockets live here, and the workers accept on them: one that dies takes only its own sessions
along, and nobody who waits to be accepted. The parent forks and therefore has no thread, no event loop of a
library and no open database. It does next to nothing, so that it has no reason to fail.

===============  ===========================================================================
``supervisor``   its life: signals, what follows when a worker is ready or ended, stopping
``household``    what all parts know: the plan, its sockets, the workers, their generation
``loop``         waiting for sockets, and timers
``signals``      signals as something to wait for
``workers``      forking workers, killing those that hang, restarting those that crash
``channels``     what workers and the parent say to each other
``generations``  new settings: new workers take over from the former ones (SIGHUP)
``replacement``  new code: the parent becomes its own successor (SIGUSR2)
``figures``      the metrics of all workers in one text
===============  ===========================================================================
"""
