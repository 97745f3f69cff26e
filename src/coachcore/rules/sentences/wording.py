"""The words of sentences: one table, each phrase in every language, with numbered places for what it is about.

A place takes a label that may be singular or plural, of any gender, and stands in the nominative. So the phrases of repairs need
no agreement: English ones are imperatives (`set the notes to ...`), and Latvian verbs have one form for both numbers in the third
person (`piezīmes būs`, `termiņš būs`); Latvian participles agree with a word of the phrase itself (`norādīta vērtība: ...`).
What is counted stands as `singular|plural`; `one` is the pattern of the numbers that take the singular.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["ENGLISH", "LANGUAGES", "LATVIAN", "MONTHS", "ORIGINAL"]

Words = Mapping[str, str]
ORIGINAL: Final = "en"
"""The language in which facts and units are named where nothing else is declared."""
PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    "and": ("and", "un"),
    "or": ("or", "vai"),
    "not": ("it is not so that {0}", "nav tā, ka {0}"),
    "if": ("if {0}, then {1}", "ja {0}, tad {1}"),
    "==": ("{0} is {1}", "{0} ir {1}"),
    "!=": ("{0} is not {1}", "{0} nav {1}"),
    "<": ("{0} is less than {1}", "{0} ir mazāk nekā {1}"),
    "<=": ("{0} is at most {1}", "{0} ir ne vairāk kā {1}"),
    ">": ("{0} is more than {1}", "{0} ir vairāk nekā {1}"),
    ">=": ("{0} is at least {1}", "{0} ir vismaz {1}"),
    "time <": ("{0} is before {1}", "{0} ir agrāk nekā {1}"),
    "time <=": ("{0} is on or before {1}", "{0} ir ne vēlāk kā {1}"),
    "time >": ("{0} is after {1}", "{0} ir vēlāk nekā {1}"),
    "time >=": ("{0} is on or after {1}", "{0} ir ne agrāk kā {1}"),
    "moment <": ("{0} is before {1}", "{0} ir agrāk nekā {1}"),
    "moment <=": ("{0} is at or before {1}", "{0} ir ne vēlāk kā {1}"),
    "moment >": ("{0} is after {1}", "{0} ir vēlāk nekā {1}"),
    "moment >=": ("{0} is at or after {1}", "{0} ir ne agrāk kā {1}"),
    "text <": ("{0} is before {1} in text order", "{0} ir tekstu secībā agrāk nekā {1}"),
    "text <=": ("{0} is at or before {1} in text order", "{0} ir tekstu secībā ne vēlāk kā {1}"),
    "text >": ("{0} is after {1} in text order", "{0} ir tekstu secībā vēlāk nekā {1}"),
    "text >=": ("{0} is at or after {1} in text order", "{0} ir tekstu secībā ne agrāk kā {1}"),
    "set ==": ("the items of {0} are exactly {1}", "{0} ietver tieši {1}"),
    "set !=": ("the items of {0} are not exactly {1}", "{0} neietver tieši {1}"),
    "sets ==": ("the items of {0} are the same as those of {1}", "vienā un otrā ir viens un tas pats ({0}; {1})"),
    "sets !=": ("the items of {0} are not the same as those of {1}", "vienā un otrā nav viens un tas pats ({0}; {1})"),
    "bool ==": ("{0} exactly when {1}", "{0} tieši tad, ja {1}"),
    "bool !=": ("exactly one of these is so: {0}; {1}", "tieši viens no šiem ir patiess: {0}; {1}"),
    "bool in": ("it is so or it is not so that {0}", "ir tā vai nav tā, ka {0}"),
    "bool not in": ("it is neither so nor not so that {0}", "nedz ir tā, nedz nav tā, ka {0}"),
    "in": ("{0} is {1}", "{0} ir {1}"),
    "not in": ("{0} is neither {1}", "{0} nav ne {1}"),
    "neither": (" nor ", ", ne "),
    "has": ("{1} is among {0}", "{0} ietver {1}"),
    "has not": ("{1} is not among {0}", "{0} neietver {1}"),
    "known": ("{0} is known", "ir zināma vērtība: {0}"),
    "unknown": ("{0} is not known", "nav zināma vērtība: {0}"),
    "whether": ("whether ", "vai "),
    "bool known": ("it is known whether {0}", "ir zināms, vai {0}"),
    "bool unknown": ("it is not known whether {0}", "nav zināms, vai {0}"),
    "true": ("it is always so", "tā ir vienmēr"),
    "yes": ("yes", "jā"),
    "no": ("no", "nē"),
    "false": ("it is never so", "tā nav nekad"),
    "days": ("{0} × 1 day", "{0} × 1 diena"),
    "weeks": ("{0} × 7 days", "{0} × 7 dienas"),
    "hours": ("{0} × 1 hour", "{0} × 1 stunda"),
    "minutes": ("{0} × 1 minute", "{0} × 1 minūte"),
    "seconds": ("{0} × 1 second", "{0} × 1 sekunde"),
    "day": ("day|days", "diena|dienas"),
    "hour": ("hour|hours", "stunda|stundas"),
    "minute": ("minute|minutes", "minūte|minūtes"),
    "second": ("second|seconds", "sekunde|sekundes"),
    "one": ("-?1", "(.*[^1])?1"),
    "text": ("“{0}”", "„{0}”"),
    "abs": ("the size of {0}", "lielums bez zīmes ({0})"),
    "min": ("the least of {0}", "mazākais no: {0}"),
    "max": ("the greatest of {0}", "lielākais no: {0}"),
    "len": ("the number of {0}", "skaits ({0})"),
    "to": ("set {0} to {1}", "{0} būs {1}"),
    "to any": ("give a value for {0}", "tiks norādīta vērtība: {0}"),
    "to whatever": ("any value of {0} will do", "der jebkura vērtība: {0}"),
    "to true": ("make it so that {0}", "būs tā, ka {0}"),
    "to false": ("make it no longer so that {0}", "vairs nebūs tā, ka {0}"),
    "to either": ("find out whether {0}", "kļūs zināms, vai {0}"),
    "to whichever": ("it does not matter whether {0}", "nav svarīgi, vai {0}"),
    "to none": ("leave out {0}", "vērtība netiks norādīta: {0}"),
    "to but": ("set {0} to anything but {1}", "{0} būs jebkas, izņemot {1}"),
    "to from": ("set {0} to {1} or later", "{0} būs {1} vai vēlāk"),
    "to until": ("set {0} to {1} or earlier", "{0} būs {1} vai agrāk"),
    "least": ("at least {0}", "vismaz {0}"),
    "most": ("at most {0}", "ne vairāk kā {0}"),
    "over": ("more than {0}", "vairāk nekā {0}"),
    "under": ("less than {0}", "mazāk nekā {0}"),
    "from": ("no earlier than {0}", "ne agrāk kā {0}"),
    "until": ("no later than {0}", "ne vēlāk kā {0}"),
    "after": ("later than {0}", "vēlāk nekā {0}"),
    "before": ("earlier than {0}", "agrāk nekā {0}"),
    "to add": ("add {1} to {0}", "{0} ietvers arī {1}"),
    "to remove": ("remove {1} from {0}", "{0} vairs neietvers {1}"),
    "decimal": (".", ","),
    "to false found": ("find out that it is not so that {0}", "kļūs zināms, ka nav tā, ka {0}"),
    "to none found": ("leave it open whether {0}", "netiks norādīts, vai {0}"),
}
ENGLISH: Final[Words] = {key: english for key, (english, _) in PHRASES.items()}
LATVIAN: Final[Words] = {key: latvian for key, (_, latvian) in PHRASES.items()}
LANGUAGES: Final[Mapping[str, Words]] = {"en": ENGLISH, "lv": LATVIAN}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
