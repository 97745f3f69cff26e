"""Rules, conditions and repairs as sentences in English and Latvian, made from their trees and from what their facts are called.

Two rules that mean different things do not read the same. The words are in `wording`; what facts and values are called in
`lexicon`; `conditions` and `repairs` put them together.
"""

from coachcore.rules.sentences.conditions import condition_sentence, sentence
from coachcore.rules.sentences.lexicon import value_text
from coachcore.rules.sentences.repairs import change_sentence, repair_sentence
from coachcore.rules.sentences.wording import ENGLISH, LATVIAN

__all__ = ["ENGLISH", "LATVIAN", "change_sentence", "condition_sentence", "repair_sentence", "sentence", "value_text"]
