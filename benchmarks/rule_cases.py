"""The rules of a lender in several spellings, and the applications they judge.

As text for the engine, by hand in Python (with and without unknown facts), by hand in polars, and written anew from the text
in the languages of other engines. All say the same; `benchmarks.rules` checks that before it compares their times.
"""

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Literal, get_args

import attrs

from coachcore.rules import Schema, fact

__all__ = [
    "BY_HAND",
    "CEL",
    "RULES",
    "SCHEMA",
    "UNKNOWN_BY_HAND",
    "WORDS",
    "Loan",
    "as_json_logic",
    "comparisons",
    "in_polars",
    "loans",
]

EMPLOYMENT = ("salaried", "self_employed", "retired", "student")
PURPOSE = ("home", "car", "study", "business")
CHANNEL = ("branch", "web", "broker")


@attrs.frozen(kw_only=True)
class Loan:
    """What a lender knows of an application. Amounts are in euros, rate is a yearly share."""

    amount: float | None = fact("how much is asked for")
    income: float | None = fact("what is earned in a year")
    debt: float | None = fact("what is owed elsewhere")
    savings: float | None = fact("what is saved")
    rate: float | None = fact("the yearly interest")
    deposit: float | None = fact("what is paid at once")
    property_value: float | None = fact("what the property is worth")
    monthly_payment: float | None = fact("what is paid back each month")
    insured_value: float | None = fact("for how much the property is insured")
    age: int | None = fact("how old the borrower is, in years")
    term_months: int | None = fact("over how many months it is paid back")
    years_employed: int | None = fact("how long at the present work, in years")
    dependants: int | None = fact("how many live on the income")
    late_payments: int | None = fact("how many payments were late")
    credit_score: int | None = fact("the bureau's score")
    open_loans: int | None = fact("how many loans are open")
    enquiries: int | None = fact("how many lenders asked in a year")
    months_at_address: int | None = fact("how long at the present address, in months")
    has_collateral: bool | None = fact("whether something is pledged")
    has_guarantor: bool | None = fact("whether someone vouches")
    is_first_loan: bool | None = fact("whether it is the first loan")
    is_bankrupt: bool | None = fact("whether the borrower is bankrupt")
    employment: Literal["salaried", "self_employed", "retired", "student"] | None = fact("how the income is earned")
    purpose: Literal["home", "car", "study", "business"] | None = fact("what it is for")
    channel: Literal["branch", "web", "broker"] | None = fact("where it was asked for")


SCHEMA = Schema.of(Loan, name="loan")
REAL = frozenset(each.name for each in attrs.fields(Loan) if float in get_args(each.type))


def loans(count: int, seed: int, *, unknown: float = 0.0) -> list[Loan]:
    """Applications made up from a seed. unknown: the share of facts that are None."""
    random = Random(seed)
    whole, between, coin = random.randint, random.uniform, random.random
    loans = []
    for _ in range(count):
        facts: dict[str, Any] = {
            "amount": round(10 ** between(2.7, 5.6), 2),
            "income": round(between(5_000, 120_000), 2),
            "debt": round(between(0, 60_000), 2),
            "savings": round(between(0, 30_000), 2),
            "rate": round(between(0.005, 0.28), 5),
            "deposit": round(between(0, 90_000), 2),
            "property_value": round(between(30_000, 600_000), 2),
            "monthly_payment": round(between(10, 3_000), 2),
            "insured_value": round(between(1_000, 500_000), 2),
            "age": whole(16, 82),
            "term_months": whole(3, 380),
            "years_employed": whole(0, 12),
            "dependants": whole(0, 7),
            "late_payments": min(whole(0, 6), whole(0, 6)),
            "credit_score": whole(400, 850),
            "open_loans": whole(0, 6),
            "enquiries": whole(0, 9),
            "months_at_address": whole(0, 60),
            "has_collateral": coin() < 0.5,
            "has_guarantor": coin() < 0.3,
            "is_first_loan": coin() < 0.3,
            "is_bankrupt": coin() < 0.05,
            "employment": random.choice(EMPLOYMENT),
            "purpose": random.choice(PURPOSE),
            "channel": random.choice(CHANNEL),
        }
        loans.append(Loan(**{name: None if coin() < unknown else value for name, value in facts.items()}))
    return loans


RULES: Mapping[str, str] = {
    "adult_borrower": "18 <= age <= 75 and age * 12 + term_months <= 960",
    "affordable": "0 < amount <= income * 4 and monthly_payment * 12 <= income * 0.4",
    "debt_bearable": "income >= 6000 and 0 <= debt <= 500000 and debt / income <= 0.4",
    "deposit_enough": "purpose != 'home' or (deposit >= property_value * 0.1 and deposit < property_value and 0 < property_value <= 2000000)",
    "insured": "purpose not in ('home', 'car') or (insured_value >= amount and insured_value <= property_value * 1.5)",
    "term_fits_purpose": "(purpose == 'home' and 60 <= term_months <= 360) or (purpose != 'home' and 6 <= term_months <= 84)",
    "rate_fair": "0 < rate <= 0.25 and (rate <= 0.12 or credit_score < 600)",
    "rate_by_risk": "rate >= 0.05 or (credit_score >= 720 and late_payments == 0 and employment != 'student')",
    "steady_work": "(employment in ('salaried', 'self_employed') and years_employed >= 2) or (employment == 'retired' and age >= 60)",
    "clean_history": "late_payments <= 2 and open_loans <= 5 and enquiries <= 6 and not is_bankrupt",
    "score_enough": "credit_score >= 650 or (credit_score >= 580 and late_payments <= 1 and has_guarantor)",
    "young_vouched_for": "age >= 21 or has_guarantor or amount <= 5000",
    "student_limits": "employment != 'student' or (amount <= 20000 and term_months <= 120 and purpose in ('study', 'car'))",
    "retired_limits": "employment != 'retired' or (term_months <= 120 and 60 <= age < 80)",
    "first_loan_small": "not is_first_loan or (0 < amount <= 50000 and 12 <= term_months <= 60)",
    "web_limits": "channel != 'web' or (500 <= amount <= 30000 and credit_score >= 600)",
    "broker_limits": "channel != 'broker' or (amount >= 10000 and rate <= 0.15 and purpose in ('home', 'business'))",
    "household_bearable": "0 <= dependants <= 2 or (dependants <= 5 and income >= 40000) or income >= 80000",
    "savings_cover": "savings >= monthly_payment * 3 or (savings >= 1000 and 0 < monthly_payment <= 250)",
    "settled": "months_at_address >= 12 or (months_at_address >= 6 and years_employed >= 1 and age >= 25)",
    "business_backed": "purpose != 'business' or (has_collateral and years_employed >= 2 and amount <= 250000 and credit_score >= 600)",
    "few_loans": "open_loans == 0 or (open_loans <= 3 and debt <= 50000 and late_payments == 0)",
    "few_enquiries": "0 <= enquiries <= 3 or (enquiries <= 6 and credit_score >= 700)",
    "loan_to_value": "purpose != 'home' or (property_value > 0 and amount / property_value <= 0.9 and (amount / property_value <= 0.8 or rate >= 0.04))",
    "large_secured": "amount < 75000 or has_collateral or (amount < 150000 and savings >= 20000 and deposit >= 15000)",
    "bureau_in_range": "300 <= credit_score <= 850 and 0 <= late_payments <= 60 and 0 <= enquiries <= 100",
    "car_limits": "purpose != 'car' or (1000 <= amount <= 80000 and 6 <= term_months <= 96)",
    "late_but_recovered": "late_payments == 0 or (late_payments <= 3 and months_at_address >= 24 and open_loans < 4 and not is_bankrupt)",
    "self_employed_proven": "employment != 'self_employed' or (years_employed >= 3 and income >= 15000 and savings >= 2000)",
    "payment_plausible": "20 <= monthly_payment <= 10000 and monthly_payment <= amount and 0 < amount <= 2000000",
}


def comparisons(text: str) -> int:
    """How many comparisons an expression makes: a chain of three terms makes two; a bool by itself is none."""
    return sum(len(each.ops) for each in ast.walk(ast.parse(text, mode="eval")) if isinstance(each, ast.Compare))


def adult_borrower(s: Any) -> Any:
    return 18 <= s.age <= 75 and s.age * 12 + s.term_months <= 960


def affordable(s: Any) -> Any:
    return 0 < s.amount <= s.income * 4 and s.monthly_payment * 12 <= s.income * 0.4


def debt_bearable(s: Any) -> Any:
    return s.income >= 6000 and 0 <= s.debt <= 500000 and s.debt / s.income <= 0.4


def deposit_enough(s: Any) -> Any:
    return s.purpose != "home" or (s.property_value * 0.1 <= s.deposit < s.property_value and 0 < s.property_value <= 2000000)  # fmt: skip


def insured(s: Any) -> Any:
    return s.purpose not in ("home", "car") or s.amount <= s.insured_value <= s.property_value * 1.5


def term_fits_purpose(s: Any) -> Any:
    return 60 <= s.term_months <= 360 if s.purpose == "home" else 6 <= s.term_months <= 84


def rate_fair(s: Any) -> Any:
    return 0 < s.rate <= 0.25 and (s.rate <= 0.12 or s.credit_score < 600)


def rate_by_risk(s: Any) -> Any:
    return s.rate >= 0.05 or (s.credit_score >= 720 and s.late_payments == 0 and s.employment != "student")


def steady_work(s: Any) -> Any:
    return (s.employment in ("salaried", "self_employed") and s.years_employed >= 2) or (s.employment == "retired" and s.age >= 60)  # fmt: skip


def clean_history(s: Any) -> Any:
    return s.late_payments <= 2 and s.open_loans <= 5 and s.enquiries <= 6 and not s.is_bankrupt


def score_enough(s: Any) -> Any:
    return s.credit_score >= 650 or (s.credit_score >= 580 and s.late_payments <= 1 and s.has_guarantor)


def young_vouched_for(s: Any) -> Any:
    return s.age >= 21 or s.has_guarantor or s.amount <= 5000


def student_limits(s: Any) -> Any:
    return s.employment != "student" or (s.amount <= 20000 and s.term_months <= 120 and s.purpose in ("study", "car"))


def retired_limits(s: Any) -> Any:
    return s.employment != "retired" or (s.term_months <= 120 and 60 <= s.age < 80)


def first_loan_small(s: Any) -> Any:
    return not s.is_first_loan or (0 < s.amount <= 50000 and 12 <= s.term_months <= 60)


def web_limits(s: Any) -> Any:
    return s.channel != "web" or (500 <= s.amount <= 30000 and s.credit_score >= 600)


def broker_limits(s: Any) -> Any:
    return s.channel != "broker" or (s.amount >= 10000 and s.rate <= 0.15 and s.purpose in ("home", "business"))


def household_bearable(s: Any) -> Any:
    return 0 <= s.dependants <= 2 or (s.dependants <= 5 and s.income >= 40000) or s.income >= 80000


def savings_cover(s: Any) -> Any:
    return s.savings >= s.monthly_payment * 3 or (s.savings >= 1000 and 0 < s.monthly_payment <= 250)


def settled(s: Any) -> Any:
    return s.months_at_address >= 12 or (s.months_at_address >= 6 and s.years_employed >= 1 and s.age >= 25)


def business_backed(s: Any) -> Any:
    return s.purpose != "business" or (s.has_collateral and s.years_employed >= 2 and s.amount <= 250000 and s.credit_score >= 600)  # fmt: skip


def few_loans(s: Any) -> Any:
    return s.open_loans == 0 or (s.open_loans <= 3 and s.debt <= 50000 and s.late_payments == 0)


def few_enquiries(s: Any) -> Any:
    return 0 <= s.enquiries <= 3 or (s.enquiries <= 6 and s.credit_score >= 700)


def loan_to_value(s: Any) -> Any:
    if s.purpose != "home":
        return True
    if s.property_value <= 0:
        return False
    share = s.amount / s.property_value
    return share <= 0.9 and (share <= 0.8 or s.rate >= 0.04)


def large_secured(s: Any) -> Any:
    return s.amount < 75000 or s.has_collateral or (s.amount < 150000 and s.savings >= 20000 and s.deposit >= 15000)


def bureau_in_range(s: Any) -> Any:
    return 300 <= s.credit_score <= 850 and 0 <= s.late_payments <= 60 and 0 <= s.enquiries <= 100


def car_limits(s: Any) -> Any:
    return s.purpose != "car" or (1000 <= s.amount <= 80000 and 6 <= s.term_months <= 96)


def late_but_recovered(s: Any) -> Any:
    return s.late_payments == 0 or (s.late_payments <= 3 and s.months_at_address >= 24 and s.open_loans < 4 and not s.is_bankrupt)  # fmt: skip


def self_employed_proven(s: Any) -> Any:
    return s.employment != "self_employed" or (s.years_employed >= 3 and s.income >= 15000 and s.savings >= 2000)


def payment_plausible(s: Any) -> Any:
    return 20 <= s.monthly_payment <= 10000 and s.monthly_payment <= s.amount and 0 < s.amount <= 2000000


BY_HAND: Sequence[Callable[[Any], Any]] = (
    adult_borrower, affordable, debt_bearable, deposit_enough, insured, term_fits_purpose, rate_fair, rate_by_risk,
    steady_work, clean_history, score_enough, young_vouched_for, student_limits, retired_limits, first_loan_small,
    web_limits, broker_limits, household_bearable, savings_cover, settled, business_backed, few_loans, few_enquiries,
    loan_to_value, large_secured, bureau_in_range, car_limits, late_but_recovered, self_employed_proven,
    payment_plausible,
)  # fmt: skip
"""One function a rule, in the order of RULES."""


def affordable_or_unknown(s: Any) -> Any:
    amount, income, payment = s.amount, s.income, s.monthly_payment
    if amount is not None and amount <= 0:
        return False
    if income is None:
        return None
    if amount is not None and amount > income * 4:
        return False
    if payment is not None and payment * 12 > income * 0.4:
        return False
    return None if amount is None or payment is None else True


def term_fits_purpose_or_unknown(s: Any) -> Any:
    purpose, term = s.purpose, s.term_months
    if term is None:
        return None
    if purpose is None:  # a term that suits neither purpose fails; one that suits both is unknown in Kleene's logic
        return None if 6 <= term <= 360 else False
    return 60 <= term <= 360 if purpose == "home" else 6 <= term <= 84


def rate_fair_or_unknown(s: Any) -> Any:
    rate, score = s.rate, s.credit_score
    if rate is None:
        return None
    if not 0 < rate <= 0.25:
        return False
    if rate <= 0.12:
        return True
    return None if score is None else score < 600


def clean_history_or_unknown(s: Any) -> Any:
    late, loans, enquiries, bankrupt = s.late_payments, s.open_loans, s.enquiries, s.is_bankrupt
    if bankrupt or (late is not None and late > 2) or (loans is not None and loans > 5):
        return False
    if enquiries is not None and enquiries > 6:
        return False
    return None if late is None or loans is None or enquiries is None or bankrupt is None else True


def young_vouched_for_or_unknown(s: Any) -> Any:
    age, vouched, amount = s.age, s.has_guarantor, s.amount
    if vouched or (age is not None and age >= 21) or (amount is not None and amount <= 5000):
        return True
    return None if age is None or vouched is None or amount is None else False


def web_limits_or_unknown(s: Any) -> Any:
    channel, amount, score = s.channel, s.amount, s.credit_score
    if channel is not None and channel != "web":
        return True
    if (amount is not None and not 500 <= amount <= 30000) or (score is not None and score < 600):
        return None if channel is None else False
    if amount is None or score is None:
        return None
    return True


UNKNOWN_BY_HAND: Mapping[str, Callable[[Any], Any]] = {
    "affordable": affordable_or_unknown,
    "term_fits_purpose": term_fits_purpose_or_unknown,
    "rate_fair": rate_fair_or_unknown,
    "clean_history": clean_history_or_unknown,
    "young_vouched_for": young_vouched_for_or_unknown,
    "web_limits": web_limits_or_unknown,
}
"""Six of the rules where facts may be None: True, False, or None for unknown."""


def in_polars(pl: Any) -> dict[str, Any]:
    """The rules as expressions of polars (the module is given: it is optional)."""
    c = pl.col
    share = c("amount") / c("property_value")
    return {
        "adult_borrower": c("age").is_between(18, 75) & (c("age") * 12 + c("term_months") <= 960),
        "affordable": (c("amount") > 0) & (c("amount") <= c("income") * 4) & (c("monthly_payment") * 12 <= c("income") * 0.4),
        "debt_bearable": (c("income") >= 6000) & c("debt").is_between(0, 500000) & (c("debt") / c("income") <= 0.4),
        "deposit_enough": (c("purpose") != "home") | ((c("deposit") >= c("property_value") * 0.1) & (c("deposit") < c("property_value")) & (c("property_value") > 0) & (c("property_value") <= 2000000)),
        "insured": ~c("purpose").is_in(["home", "car"]) | ((c("insured_value") >= c("amount")) & (c("insured_value") <= c("property_value") * 1.5)),
        "term_fits_purpose": ((c("purpose") == "home") & c("term_months").is_between(60, 360)) | ((c("purpose") != "home") & c("term_months").is_between(6, 84)),
        "rate_fair": (c("rate") > 0) & (c("rate") <= 0.25) & ((c("rate") <= 0.12) | (c("credit_score") < 600)),
        "rate_by_risk": (c("rate") >= 0.05) | ((c("credit_score") >= 720) & (c("late_payments") == 0) & (c("employment") != "student")),
        "steady_work": (c("employment").is_in(["salaried", "self_employed"]) & (c("years_employed") >= 2)) | ((c("employment") == "retired") & (c("age") >= 60)),
        "clean_history": (c("late_payments") <= 2) & (c("open_loans") <= 5) & (c("enquiries") <= 6) & ~c("is_bankrupt"),
        "score_enough": (c("credit_score") >= 650) | ((c("credit_score") >= 580) & (c("late_payments") <= 1) & c("has_guarantor")),
        "young_vouched_for": (c("age") >= 21) | c("has_guarantor") | (c("amount") <= 5000),
        "student_limits": (c("employment") != "student") | ((c("amount") <= 20000) & (c("term_months") <= 120) & c("purpose").is_in(["study", "car"])),
        "retired_limits": (c("employment") != "retired") | ((c("term_months") <= 120) & c("age").is_between(60, 80, closed="left")),
        "first_loan_small": ~c("is_first_loan") | (c("amount").is_between(0, 50000, closed="right") & c("term_months").is_between(12, 60)),
        "web_limits": (c("channel") != "web") | (c("amount").is_between(500, 30000) & (c("credit_score") >= 600)),
        "broker_limits": (c("channel") != "broker") | ((c("amount") >= 10000) & (c("rate") <= 0.15) & c("purpose").is_in(["home", "business"])),
        "household_bearable": c("dependants").is_between(0, 2) | ((c("dependants") <= 5) & (c("income") >= 40000)) | (c("income") >= 80000),
        "savings_cover": (c("savings") >= c("monthly_payment") * 3) | ((c("savings") >= 1000) & c("monthly_payment").is_between(0, 250, closed="right")),
        "settled": (c("months_at_address") >= 12) | ((c("months_at_address") >= 6) & (c("years_employed") >= 1) & (c("age") >= 25)),
        "business_backed": (c("purpose") != "business") | (c("has_collateral") & (c("years_employed") >= 2) & (c("amount") <= 250000) & (c("credit_score") >= 600)),
        "few_loans": (c("open_loans") == 0) | ((c("open_loans") <= 3) & (c("debt") <= 50000) & (c("late_payments") == 0)),
        "few_enquiries": c("enquiries").is_between(0, 3) | ((c("enquiries") <= 6) & (c("credit_score") >= 700)),
        "loan_to_value": (c("purpose") != "home") | ((c("property_value") > 0) & (share <= 0.9) & ((share <= 0.8) | (c("rate") >= 0.04))),
        "large_secured": (c("amount") < 75000) | c("has_collateral") | ((c("amount") < 150000) & (c("savings") >= 20000) & (c("deposit") >= 15000)),
        "bureau_in_range": c("credit_score").is_between(300, 850) & c("late_payments").is_between(0, 60) & c("enquiries").is_between(0, 100),
        "car_limits": (c("purpose") != "car") | (c("amount").is_between(1000, 80000) & c("term_months").is_between(6, 96)),
        "late_but_recovered": (c("late_payments") == 0) | ((c("late_payments") <= 3) & (c("months_at_address") >= 24) & (c("open_loans") < 4) & ~c("is_bankrupt")),
        "self_employed_proven": (c("employment") != "self_employed") | ((c("years_employed") >= 3) & (c("income") >= 15000) & (c("savings") >= 2000)),
        "payment_plausible": c("monthly_payment").is_between(20, 10000) & (c("monthly_payment") <= c("amount")) & (c("amount") > 0) & (c("amount") <= 2000000),
    }  # fmt: skip


@attrs.frozen(kw_only=True)
class Syntax:
    """How a language writes what Python's grammar writes otherwise. typed: whether 4 and 4.0 do not mix."""

    conj: str = "and"
    disj: str = "or"
    negated: str = "not ({})"
    typed: bool = False

    def written(self, node: ast.AST, real: bool = False) -> str:
        match node:
            case ast.BoolOp(op, parts):
                sign = self.conj if isinstance(op, ast.And) else self.disj
                return "(" + f" {sign} ".join(self.written(each) for each in parts) + ")"
            case ast.UnaryOp(ast.Not(), part):
                return self.negated.format(self.written(part))
            case ast.Compare(left, signs, rights):
                real = any(isinstance(each, ast.Name) and each.id in REAL for each in ast.walk(node))
                terms = [self.written(each, real) for each in (left, *rights)]
                links = [self._link(*each) for each in zip(terms, signs, terms[1:], strict=False)]
                return links[0] if len(links) == 1 else "(" + f" {self.conj} ".join(links) + ")"
            case ast.BinOp(left, op, right):
                return f"({self.written(left, real)} {ARITHMETIC[type(op)]} {self.written(right, real)})"
            case ast.Tuple(items):
                return "[" + ", ".join(self.written(each) for each in items) + "]"
            case ast.Constant(value):
                return json.dumps(float(value) if isinstance(value, int) and real and self.typed else value)
            case ast.Name(name):
                return name
        raise AssertionError(f"no rule of the benchmark has {ast.dump(node)}")

    def _link(self, left: str, sign: ast.cmpop, right: str) -> str:
        if isinstance(sign, ast.NotIn):
            return self.negated.format(f"{left} in {right}")
        return f"{left} {SIGNS[type(sign)]} {right}"


SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
}  # fmt: skip
ARITHMETIC: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
WORDS = Syntax()
CEL = Syntax(conj="&&", disj="||", negated="!({})", typed=True)


def as_json_logic(node: ast.AST) -> Any:
    """A rule as JsonLogic."""
    match node:
        case ast.BoolOp(op, parts):
            return {"and" if isinstance(op, ast.And) else "or": [as_json_logic(each) for each in parts]}
        case ast.UnaryOp(ast.Not(), part):
            return {"!": [as_json_logic(part)]}
        case ast.Compare(left, signs, rights):
            terms = [as_json_logic(each) for each in (left, *rights)]
            links: list[Any] = []
            for left, sign, right in zip(terms, signs, terms[1:], strict=False):
                link = {SIGNS.get(type(sign), "in"): [left, right]}
                links.append({"!": [link]} if isinstance(sign, ast.NotIn) else link)
            return links[0] if len(links) == 1 else {"and": links}
        case ast.BinOp(left, op, right):
            return {ARITHMETIC[type(op)]: [as_json_logic(left), as_json_logic(right)]}
        case ast.Tuple(items):
            return [as_json_logic(each) for each in items]
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return {"var": name}
    raise AssertionError(f"no rule of the benchmark has {ast.dump(node)}")
