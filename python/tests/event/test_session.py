from __future__ import annotations

from pathlib import Path

from gromox.base.log import captured
from gromox.base.wire import Action, Close, Peer, Send, Watch
from gromox.event.broker import COALESCE_ABOVE, DROP_ABOVE, Broker
from gromox.event.grammar import LONGEST_LINE
from gromox.event.session import WINDOW, EventCore

PEER = Peer("local", 0, False, 0, "c-1")


class Hub:
    """A broker with cores on it; who is woken is remembered."""

    def __init__(self) -> None:
        self.woken: list[Path] = []
        self.broker = Broker(self.woken.append)

    def connect(self, first: str) -> EventCore:
        core = EventCore(self.broker, lambda _: True)
        assert said(core.start(PEER)) == ["OK"]
        assert say(core, first) == ["TRUE"]
        return core


def said(actions: object) -> list[str]:
    assert isinstance(actions, list)
    sent = [piece for action in actions if isinstance(action, Send) for piece in action.pieces]
    octets = b"".join(piece for piece in sent if isinstance(piece, bytes))
    return octets.decode().splitlines()


def say(core: EventCore, *lines: str) -> list[str]:
    return said(core.receive("".join(f"{line}\r\n" for line in lines).encode()))


def test_a_listener_hears_of_what_its_name_selected() -> None:
    hub = Hub()
    imap, listener, delivery = hub.connect("ID imap"), hub.connect("LISTEN imap"), hub.connect("ID delivery")
    assert say(imap, "SELECT /mail/alice 13") == ["TRUE"]

    assert say(delivery, "FOLDER-TOUCH /mail/alice 13", "FOLDER-TOUCH /mail/bob 13") == ["TRUE", "TRUE"]

    assert hub.woken == [Path("event/imap")]
    assert said(listener.rung()) == ["FOLDER-TOUCH /mail/alice 13"]
    assert said(listener.rung()) == []


def test_a_star_stands_for_every_folder_on_either_side() -> None:
    hub = Hub()
    every, one = hub.connect("ID every"), hub.connect("ID one")
    hears_every, hears_one = hub.connect("LISTEN every"), hub.connect("LISTEN one")
    say(every, "SELECT /mail/alice *")
    say(one, "SELECT /mail/alice 13")
    publisher = hub.connect("ID delivery")

    say(publisher, "FOLDER-TOUCH /mail/alice 14", "FOLDER-TOUCH /mail/alice *")

    assert said(hears_every.rung()) == ["FOLDER-TOUCH /mail/alice 14", "FOLDER-TOUCH /mail/alice *"]
    assert said(hears_one.rung()) == ["FOLDER-TOUCH /mail/alice *"]


def test_two_stars_stand_for_every_mailbox() -> None:
    hub = Hub()
    every = hub.connect("ID every")
    hears_every = hub.connect("LISTEN every")
    assert say(every, "SELECT * *") == ["TRUE"]
    publisher = hub.connect("ID delivery")

    say(publisher, "FOLDER-TOUCH /mail/alice 14", "MESSAGE-UFLAG /mail/bob 13 7")

    assert said(hears_every.rung()) == ["FOLDER-TOUCH /mail/alice 14", "MESSAGE-UFLAG /mail/bob 13 7"]
    assert say(every, "UNSELECT * *") == ["TRUE"]
    say(publisher, "FOLDER-TOUCH /mail/alice *")
    assert said(hears_every.rung()) == []


def test_an_event_is_not_sent_back_to_its_name() -> None:
    hub = Hub()
    publisher, listener = hub.connect("ID imap"), hub.connect("LISTEN imap")
    say(publisher, "SELECT /mail/alice *", "FOLDER-TOUCH /mail/alice 13")

    assert said(listener.rung()) == []


def test_events_of_messages_carry_the_uid() -> None:
    hub = Hub()
    listener, publisher = hub.connect("LISTEN imap"), hub.connect("ID delivery")
    say(listener, "SELECT /mail/alice 13")

    say(publisher, "MESSAGE-UFLAG /mail/alice 13 7", "message-expunge /mail/alice 13 8")

    assert said(listener.rung()) == ["MESSAGE-UFLAG /mail/alice 13 7", "MESSAGE-EXPUNGE /mail/alice 13 8"]


def test_names_with_blanks_travel_encoded() -> None:
    hub = Hub()
    listener, publisher = hub.connect("LISTEN imap"), hub.connect("ID delivery")
    say(listener, "SELECT /mail/an%20alice *")

    say(publisher, "FOLDER-TOUCH /mail/an%20alice *")

    assert said(listener.rung()) == ["FOLDER-TOUCH /mail/an%20alice *"]


def test_what_is_not_understood_is_false_and_harmless() -> None:
    core = EventCore(Hub().broker, lambda _: True)
    core.start(PEER)

    assert say(core, "SELECT a b", "FOLDER-TOUCH a b", "", "ID", "NONSENSE") == ["FALSE"] * 5
    assert say(core, "PING", "ID x", "ID y", "UNSELECT a b") == ["TRUE", "TRUE", "FALSE", "FALSE"]
    assert say(core, "FOLDER-TOUCH a", "MESSAGE-UFLAG a b", "FOLDER-TOUCH a b c") == ["FALSE"] * 3


def test_a_host_that_is_not_allowed_is_turned_away() -> None:
    core = EventCore(Hub().broker, lambda address: address != "192.0.2.1")

    with captured() as lines:
        actions = list(core.start(Peer("192.0.2.1", 4711, False, 33333, "c-1")))

    assert said(actions) == ["FALSE Access Deny"]
    assert actions[-1] == Close()
    assert any("event_hosts_allow" in line for line in lines)


def test_a_selection_ends_with_the_connection_that_made_it() -> None:
    hub = Hub()
    first, second, listener = hub.connect("ID imap"), hub.connect("ID imap"), hub.connect("LISTEN imap")
    publisher = hub.connect("ID delivery")
    say(first, "SELECT /mail/alice *")
    say(second, "SELECT /mail/alice *")

    first.lost()
    say(publisher, "FOLDER-TOUCH /mail/alice 1")
    assert said(listener.rung()) == ["FOLDER-TOUCH /mail/alice 1"]

    second.lost()
    say(publisher, "FOLDER-TOUCH /mail/alice 2")
    assert said(listener.rung()) == []


def test_a_listener_gets_no_more_than_it_answers() -> None:
    hub = Hub()
    listener, publisher = hub.connect("LISTEN imap"), hub.connect("ID delivery")
    selector = hub.connect("ID imap")
    for number in range(200):
        say(selector, f"SELECT /mail/alice {number}")
        say(publisher, f"FOLDER-TOUCH /mail/alice {number}")

    assert len(said(listener.rung())) == WINDOW
    assert said(listener.rung()) == []
    assert say(listener, "TRUE", "TRUE") == [f"FOLDER-TOUCH /mail/alice {WINDOW + n}" for n in range(2)]


def test_a_slow_listener_costs_bounded_memory() -> None:
    hub = Hub()
    listener, publisher = hub.connect("LISTEN imap"), hub.connect("ID delivery")
    say(listener, "SELECT /mail/alice *")

    with captured() as lines:
        for number in range(COALESCE_ABOVE + 500):
            say(publisher, f"MESSAGE-UFLAG /mail/alice 13 {number}")
        coalesced = len(hub.broker._names["imap"].waiting)
        for number in range(DROP_ABOVE + 500):
            say(publisher, f"FOLDER-TOUCH /mail/alice {number}")

    assert coalesced == COALESCE_ABOVE + 1
    assert len(hub.broker._names["imap"].waiting) == DROP_ABOVE
    assert sum("events dropped" in line for line in lines) in range(1, 15)


def test_an_endless_line_ends_the_connection() -> None:
    core = EventCore(Hub().broker, lambda _: True)
    core.start(PEER)

    actions = list(core.receive(b"x" * (LONGEST_LINE + 1)))

    assert actions[-1] == Close()


def test_a_silent_listener_is_asked_and_then_closed() -> None:
    hub = Hub()
    listener, publisher = hub.connect("LISTEN imap"), hub.connect("ID delivery")

    assert said(listener.timed_out()) == ["PING"]
    say(listener, "TRUE")
    assert said(listener.timed_out()) == ["PING"]
    assert list(listener.timed_out()) == [Close()]
    assert list(publisher.timed_out()) == [Close()]


def test_quit_is_answered() -> None:
    hub = Hub()
    core = hub.connect("ID x")

    actions: list[Action] = list(core.receive(b"PING\r\nQUIT\r\nPING\r\n"))

    assert said(actions) == ["TRUE", "TRUE"]
    assert actions[-1] == Close()


def test_a_listener_watches_its_own_key() -> None:
    core = EventCore(Hub().broker, lambda _: True)
    core.start(PEER)

    assert Watch(Path("event/imap")) in list(core.receive(b"LISTEN imap\r\n"))
