"""What every other package may use: time, ids, settings, logs, errors.

Layer 0: no I/O but the log and the files of settings.
"""
