"""Rules, conditions and repairs as sentences, made from their trees, what their facts are called, and the phrases of a lexicon.

Two rules that mean different things do not read the same. What facts and values are called is in `vocabulary`; `conditions`
and `repairs` put the phrases together.
"""

from coachcore.rules.sentences.conditions import condition_sentence, sentence
from coachcore.rules.sentences.repairs import change_sentence, repair_sentence
from coachcore.rules.sentences.vocabulary import value_text

__all__ = ["change_sentence", "condition_sentence", "repair_sentence", "sentence", "value_text"]
