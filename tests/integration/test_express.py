"""What is read is answered by the agent itself, and is what the SNMP library would have answered."""

import random

import pytest

from parts.control import entry
from parts.fastset import (
    GET, GETBULK, GETNEXT, FastSet, question, read, read_identifier, write_identifier)
from parts.snmp import Snmpd, Unhurried
from parts.view import InstanceView, told

ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194)
DOTTED = ".".join(map(str, ROOT))
QUESTIONS = 400  # of each kind of manager
# Views: all, one column left out by a mask, one that ends within a table; each with what keeps
# snmpd from its endless loop.
VIEWS = (f"view some included .{DOTTED}", f"view some excluded .{DOTTED}.1.3.1.3",
         f"view few included .{DOTTED}.1.2.1", f"view few included .{DOTTED}.1.3.1.0.1 ff:fb",
         "view some included .1.3.6.1.6.3.10.2.1", "view few included .1.3.6.1.6.3.10.2.1")
COMMUNITIES = ("private", "some", "few")


def granted():
    lines = list(VIEWS)
    for name in COMMUNITIES[1:]:
        lines.append(f"com2sec {name} default {name}")
        for model in ("v1", "v2c"):
            lines += [f"group {name} {model} {name}",
                      f'access {name} "" {model} noauth exact {name} none none']
    return lines


class Side:
    """An agent with two daemons, below an snmpd of its own."""

    def __init__(self, lab, kind, start_fake, start_agent):
        self.snmpd = kind(lab, name=kind.__name__.lower(), extra=granted()).start()
        fakes = [start_fake(f"{kind.__name__}-{mode}", mode=mode) for mode in ("server", "client")]
        with fakes[0].script() as daemon:
            daemon.add_clients(7)
        start_agent([{**entry(fake, index), "name": f"same{index}", "status_interval": 3600}
                     for index, fake in enumerate(fakes, 1)], master=self.snmpd, name=fakes[0].name)
        self.manager = self.snmpd.manager()
        InstanceView(lab, self.manager, 1).wait(30, Contact="up", State="connected", Clients=7)
        InstanceView(lab, self.manager, 2).wait(30, Contact="up", State="connected")
        with fakes[0].script() as daemon:
            for number in range(5):
                daemon.log("I", f"line {number}" + number * " and so on")
        lab.wait_until(lambda: "line 4" in str(self.manager.bulkwalk("ovpnLogMessage")), "the log")
        self.fakes = [fake.name for fake in fakes]

    def told(self):
        values = told(self.manager)
        for number, name in enumerate(self.fakes):
            values = {key: value.replace(name, f"NAME{number}") if isinstance(value, str) else value
                      for key, value in values.items()}
        return values

    def walk(self, community, version):
        """The names of all that a community sees, in BER, and the tags of the values."""
        link, at, found = FastSet(self.snmpd.port, community), write_identifier(ROOT), []
        while True:
            status, _, [(name, value)] = link.ask(GETNEXT, question([at]), version=version)
            if status or not is_ours(name) or value[0] >= 0x80:
                link.close()
                return found
            found.append((name, value[0]))
            at = name


@pytest.fixture
def sides(lab, start_fake, start_agent):
    return [Side(lab, kind, start_fake, start_agent) for kind in (Snmpd, Unhurried)]


def test_it_shows_what_the_library_shows(sides):
    own, other = (side.told() for side in sides)
    assert len(own) > 200
    assert {name for name in own.keys() | other.keys() if own.get(name) != other.get(name)} == set()


def is_ours(name):
    return read(name)[1].startswith(read(write_identifier(ROOT))[1])


def variant(dice, name):
    """A name in BER, or one near it."""
    numbers = read_identifier(name)
    return write_identifier(dice.choice((
        numbers, numbers, numbers, (*numbers, 0), (*numbers, 1, 2, 3), numbers[:-1], numbers[:-2],
        (*numbers[:-1], numbers[-1] + 1), (*numbers[:-1], 2**32 - 1), ROOT, (*ROOT, 4), (1, 3))))


def questions(seed, names):
    """Each (kind, names, options); the same for walks that are alike."""
    dice = random.Random(seed)
    for _ in range(QUESTIONS):
        asked = [variant(dice, dice.choice(names)) for _ in range(dice.choice((1, 1, 2, 5, 20)))]
        kind, version = dice.choice((GET, GETNEXT, GETBULK)), dice.choice((0, 1))
        options = {}
        if kind == GETBULK:
            version = 1
            options = {"non_repeaters": dice.choice((0, 0, 1, 3, 30)),
                       "repetitions": dice.choice((0, 1, 2, 10, 40))}
        yield kind, asked, {**options, "version": version}


@pytest.mark.parametrize("community", COMMUNITIES)
def test_it_answers_what_the_library_answers(sides, community):
    """The same questions to both, of what is there and of what is not; a name is compared by its
    place in the walk, because indexes begin behind a random number, and one of snmpd's own not at
    all: its users have its engine ID in their names."""
    walks = [[side.walk(community, version) for version in (0, 1)] for side in sides]
    own, other = ([[tag for _, tag in walk] for walk in of_side] for of_side in walks)
    assert own == other
    assert len(own[1]) > 100
    answers = []
    for side, walk in zip(sides, walks):
        names = [name for name, _ in walk[1]]
        place = {name: number for number, name in enumerate(names)}
        link = FastSet(side.snmpd.port, community)
        answers.append([])
        for kind, asked, options in questions(community, names):
            status, index, varbinds = link.ask(kind, question(asked), **options)
            known = {**{name: f"asked {number}" for number, name in enumerate(asked)}, **place}
            answers[-1].append((kind, options, status, index,
                                [(known.get(name, name if is_ours(name) else "snmpd's"), value[0])
                                 for name, value in varbinds]))
        link.close()
    for own, other in zip(*answers):
        assert own == other
