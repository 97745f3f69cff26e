"""Expressions: their types, nodes and evaluation; the facts they read; reading and checking their text."""
