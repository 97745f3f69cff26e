"""Forms of words: Latvian declension and verbs, English plurals and gerunds. No dictionary, so what is irregular is data of the lexicon."""

from collections.abc import Iterator, Mapping

__all__ = [
    "ORDINAL_ENDINGS",
    "declined_forms",
    "english_gerund",
    "english_singular",
    "latvian_infinitive",
    "latvian_singular",
]

_VERB_ENDINGS = (
    # the future, the verbal noun, then the infinitive: lasīšu, lasīsim, lasīšana, lasīt; mācīšos, mācīsimies, mācīties
    ("šos", "ties"),
    ("simies", "ties"),
    ("šanu", "t"),
    ("šana", "t"),
    ("šu", "t"),
    ("sim", "t"),
    ("ties", "ties"),
    ("t", "t"),
)

ORDINAL_ENDINGS = ["ais", "ā", "o", "ajam", "ajai", "ajā", "ās", "ie", "os", "ajiem", "ajām", "ajos", "ajās"]
"""The definite endings that Latvian ordinals have: trešais, trešo, trešajā."""

_SOFTENED = {"s": "š", "z": "ž", "t": "š", "d": "ž", "n": "ņ", "l": "ļ", "c": "č"}
_LABIALS = frozenset("bpmv")


def _softened(stem: str) -> str:
    """A Latvian stem before the endings that soften it: lāc- lāč-, mēnes- mēneš-, lappus- lappuš-, up- upj-."""
    for hard, soft in (("sn", "šņ"), ("ln", "ļņ"), ("ll", "ļļ"), ("nn", "ņņ")):
        if stem.endswith(hard):
            return stem[: -len(hard)] + soft
    last = stem[-1:]
    return stem + "j" if last in _LABIALS else stem[:-1] + _SOFTENED.get(last, last)


_ENDINGS = {
    # declension by the ending of the dictionary form: endings of the hard and of the softened stem, locatives apart
    "is": ("is im i", "ī", "a i u iem us", "os"),
    "us": ("us um u i iem", "ū os", "", ""),
    "a": ("a as ai u ām am", "ā ās", "", ""),
    "e": ("e es ei i ēm u", "ē ēs", "u", ""),
    "s": ("s a am u i iem us", "ā os", "", ""),
    "š": ("š a am u i iem us", "ā os", "", ""),
    "as": ("as u ām", "ās", "", ""),
    "es": ("es u ēm", "ēs", "u", ""),
    "i": ("i u iem us", "os", "", ""),
}


def declined_forms(word: str) -> Iterator[tuple[str, bool]]:
    """Every form of a Latvian noun in dictionary form, with whether it is a locative. What is not declined is its own form."""
    ending = next((each for each in ("is", "us", "as", "es", "a", "e", "s", "š", "i") if word.endswith(each)), "")
    yield word, False
    if not ending:
        return
    stem = word[: -len(ending)]
    hard, hard_locative, soft, soft_locative = _ENDINGS[ending]
    for endings, base, is_locative in (
        (hard, stem, False),
        (hard_locative, stem, True),
        (soft, _softened(stem), False),
        (soft_locative, _softened(stem), True),
    ):
        for case_ending in endings.split():
            yield base + case_ending, is_locative


def latvian_infinitive(word: str) -> str | None:
    """The infinitive that the ending of a verb shows: the future, the verbal noun, or the infinitive itself."""
    for ending, infinitive in _VERB_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + infinitive
    return None


def latvian_singular(word: str) -> str:
    """The dictionary form of a noun in the plural, as far as its ending shows it; the word itself where it does not."""
    for ending, singular in _SINGULARS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + singular
    return word


_SINGULARS = (
    ("us", "s"),
    ("as", "a"),
    ("es", "e"),
    ("iem", "s"),
    ("ām", "a"),
    ("ēm", "e"),
    ("os", "s"),
    ("ās", "a"),
    ("ēs", "e"),
)


def english_gerund(word: str, verbs: Mapping[str, str]) -> str | None:
    """The verb that a word in -ing is of, if it is one of the verbs: making, running."""
    if not word.endswith("ing") or len(word) < 5:
        return None
    stem = word[:-3]
    for verb in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
        if verb in verbs:
            return verbs[verb]
    return None


def english_singular(word: str) -> str:
    """The singular of a regular noun: books, batteries, boxes."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
