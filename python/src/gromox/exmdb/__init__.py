"""The store RPC for other nodes: who may connect, and with which certificates.

The protocol itself is :mod:`gromox.store.rpc`; gromox-istore serves it on TCP 5000.
"""
