"""Reads a Containerfile, by the reference of the format at docs.docker.com: what the example uses of it."""

import json

WORDS = {"FROM", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD", "ENV", "WORKDIR", "VOLUME", "LABEL"}


def instructions(path):
    """Its instructions as pairs of a word and the text behind it, continued lines joined; ValueError when
    it is none."""
    found, waiting = [], ""
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            waiting += line
            if line.endswith("\\"):
                waiting = waiting[:-1]
                continue
            word, _, arguments = waiting.strip().partition(" ")
            waiting = ""
            if word not in WORDS or not arguments.strip():
                raise ValueError(f"{path}: {word} {arguments}")
            found.append((word, arguments.strip()))
    if waiting:
        raise ValueError(f"{path}: nothing follows the last line")
    if not found or found[0][0] != "FROM":
        raise ValueError(f"{path}: FROM comes first")
    return found


def runs(path):
    """The user and the program of the container."""
    last = dict(instructions(path))
    program, *_ = json.loads(last["ENTRYPOINT"])
    return last["USER"], program
