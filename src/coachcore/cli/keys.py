"""`coachcore keys`: a new wrapping key, and data keys wrapped with it. Also which keys a command opens a store with."""

import argparse
import os

import attrs

from coachcore.cli.printing import print_json, words_of
from coachcore.practice import open_practice
from coachcore.storage.sealed import EnvironmentKeys, FileKeys, KeyProvider

__all__ = ["add", "keys_of", "rotate"]

VARIABLE = "COACHCORE_KEYS"


def keys_of(options: argparse.Namespace) -> KeyProvider | None:
    """The keys in the file that `--keys` names, or else in the environment variable; None where there is neither."""
    if options.keys is not None:
        return FileKeys(options.keys)
    return EnvironmentKeys(VARIABLE) if VARIABLE in os.environ else None


def add(options: argparse.Namespace) -> int:
    """Put a new wrapping key in front of a file's keys."""
    FileKeys.add(options.file, options.id, visibility=options.visibility or "")
    if options.json:
        print_json({"file": options.file, "id": options.id, "visibility": options.visibility})
    else:
        print(words_of(options).text("cli.keys.added", id=options.id, path=options.file))
    return 0


def rotate(options: argparse.Namespace) -> int:
    """Wrap the data keys of a store with the wrapping keys in use; the exit code is 1 where one could not be."""
    with open_practice(options.store, create=False, keys=keys_of(options)) as practice:
        rotation = practice.rotate_keys()
    if options.json:
        print_json(attrs.asdict(rotation))
    else:
        words = words_of(options)
        print(words.plural("cli.keys.rewrapped", rotation.rewrapped))
        if rotation.unavailable:
            print(words.plural("cli.keys.unavailable", rotation.unavailable))
    return 1 if rotation.unavailable else 0
