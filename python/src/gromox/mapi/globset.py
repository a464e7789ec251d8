"""GLOBSETs: sets of counters in few octets.

Spec:
    [MS-OXCFXICS] 2.2.2.6 (commands), 3.1.5.4.3.1 (encoding), 3.1.5.4.3.2 (decoding). Encoding is canonical,
    one set has one form: it pushes the octets that a range's low and high share (3.1.5.4.3.1.4) and those
    that a group of ranges shares if that saves octets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.mapi.objectid import COUNTER_SIZE
from gromox.mapi.rangeset import RangeSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.codec.packed import Reader

END: Final = 0x00
BITMASK: Final = 0x42
POP: Final = 0x50
RANGE: Final = 0x52
#: Ranges of one set: every second of a million ids. Reading so many takes 60 MB for a moment.
MAX_RANGES: Final = 1 << 19
#: A bitmask tells of its starting value and of eight more.
_MASK_BITS: Final = 8
_MASK_DEPTH: Final = COUNTER_SIZE - 1

_Range = tuple[int, int]


def decode_globset(r: Reader) -> RangeSet:
    """Read a set up to and with its End command.

    Spec: [MS-OXCFXICS] 3.1.5.4.3.2. Ranges may come in any order and may overlap.

    Raises:
        ParseError: a command is unknown or stands where it must not, or there are more ranges than
            MAX_RANGES.
    """
    ranges: list[_Range] = []
    stack: list[bytes] = []
    common = b""
    while True:
        at = r.offset
        command = r.u8()
        if 1 <= command <= COUNTER_SIZE - len(common):
            pushed = r.take(command)
            if len(common) + command == COUNTER_SIZE:
                # A whole counter; what the last Push added goes by itself.
                counter = int.from_bytes(common + pushed, "big")
                ranges.append((counter, counter))
            else:
                stack.append(common)
                common += pushed
        elif command == BITMASK and len(common) == _MASK_DEPTH:
            ranges += _masked(r, common)
        elif command == POP and stack:
            common = stack.pop()
        elif command == RANGE:
            low = int.from_bytes(common + r.take(COUNTER_SIZE - len(common)), "big")
            high = int.from_bytes(common + r.take(COUNTER_SIZE - len(common)), "big")
            if low > high:
                raise ParseError("a low value that is not above the high one", at)
            ranges.append((low, high))
        elif command == END and not stack:
            return RangeSet(ranges)
        else:
            raise ParseError(f"another command than 0x{command:02x} after {len(common)} common octets", at)
        if len(ranges) > MAX_RANGES:
            raise ParseError(f"at most {MAX_RANGES} ranges of counters", at)


def _masked(r: Reader, common: bytes) -> list[_Range]:
    at = r.offset
    start, mask = r.u8(), r.u8()
    if start + mask.bit_length() > 0xFF:  # noqa: PLR2004 - an octet
        raise ParseError("a bitmask that does not reach beyond 255", at)
    first = int.from_bytes(common, "big") << 8 | start
    counters = [first] + [first + bit + 1 for bit in range(_MASK_BITS) if mask >> bit & 1]
    return [(counter, counter) for counter in counters]


def encode_globset(counters: RangeSet) -> bytes:
    """Return the octets of a set with its End command.

    Spec: [MS-OXCFXICS] 3.1.5.4.3.1
    """
    out = bytearray()
    ranges = list(counters.ranges())
    if ranges:
        _encode_group(out, ranges, 0)
    out.append(END)
    return bytes(out)


def _encode_group(out: bytearray, ranges: Sequence[_Range], depth: int) -> None:
    """Encode ranges that all share the first ``depth`` octets, which stand on the stack."""
    if depth == _MASK_DEPTH:
        _encode_last_octets(out, ranges)
        return
    start = 0
    while start < len(ranges):
        octet = _octet(ranges[start][0], depth)
        end = start
        # The ranges that lie in one value of the next octet.
        while end < len(ranges) and _octet(ranges[end][0], depth) == octet == _octet(ranges[end][1], depth):
            end += 1
        if end - start < 2:  # noqa: PLR2004 - one range, or one that spans several values
            end = start + 1
            _encode_alone(out, ranges[start], depth)
        else:
            group = ranges[start:end]
            shared = _shared(group[0][0], group[-1][1])
            pushed = bytearray((shared - depth,)) + _part(group[0][0], depth, shared)
            _encode_group(pushed, group, shared)
            pushed.append(POP)
            # Pushing an octet pays for four ranges in any case; fewer are tried both ways.
            out += pushed if len(group) > 3 else min(pushed, _each_alone(group, depth), key=len)  # noqa: PLR2004
        start = end


def _each_alone(ranges: Sequence[_Range], depth: int) -> bytearray:
    out = bytearray()
    for each in ranges:
        _encode_alone(out, each, depth)
    return out


def _encode_alone(out: bytearray, each: _Range, depth: int) -> None:
    low, high = each
    if low == high:
        out.append(COUNTER_SIZE - depth)
        out += _part(low, depth, COUNTER_SIZE)
        return
    shared = _shared(low, high)
    if shared > depth:
        out.append(shared - depth)
        out += _part(low, depth, shared)
    out.append(RANGE)
    out += _part(low, max(shared, depth), COUNTER_SIZE) + _part(high, max(shared, depth), COUNTER_SIZE)
    if shared > depth:
        out.append(POP)


def _encode_last_octets(out: bytearray, ranges: Sequence[_Range]) -> None:
    at = 0
    while at < len(ranges):
        low, high = ranges[at]
        first = low & 0xFF
        end = at + 1
        while end < len(ranges) and ranges[end][1] - low <= _MASK_BITS:
            end += 1
        if end - at > 1:
            mask = 0
            for start, stop in ranges[at:end]:
                mask |= (1 << stop - low + 1) - (1 << start - low)
            out += bytes((BITMASK, first, mask >> 1))  # the starting value itself has no bit
        elif low == high:
            out += bytes((1, first))
        else:
            out += bytes((RANGE, first, high & 0xFF))
        at = end


def _octet(counter: int, depth: int) -> int:
    return counter >> 8 * (COUNTER_SIZE - 1 - depth) & 0xFF


def _part(counter: int, start: int, end: int) -> bytes:
    return counter.to_bytes(COUNTER_SIZE, "big")[start:end]


def _shared(low: int, high: int) -> int:
    """Return how many high-order octets both share; all but the last for equal ones."""
    return min(COUNTER_SIZE - ((low ^ high).bit_length() + 7) // 8, _MASK_DEPTH)
