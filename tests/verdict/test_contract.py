"""What annotations refute, and that they say nothing more than they say."""

from collections import OrderedDict
from decimal import Decimal

import pytest

from suture.reproduction.harness import Description
from suture.verdict.contract import ContractVerdict, judge_contract
from suture.verdict.observation import Observation, Outcome
from tests.verdict.observations import raised


class Order:
    def __init__(self) -> None:
        self.id = 1


def judge(returns: str | None, value: object) -> ContractVerdict:
    described = Description(consume=True).of(value)
    return judge_contract(returns, Observation(outcome=Outcome.RETURNED, value=described))


@pytest.mark.parametrize(
    ("returns", "value"),
    [
        ("int", 1),
        ("float", 1),
        ("'float'", 1.5),
        ("str | None", "a"),
        ("Optional[int]", 3),
        ("Union[int, str]", "a"),
        ("Annotated[int, 5]", 1),
        ("list[int]", [1, 2]),
        ("list[int]", []),
        ("typing.List[int]", [1]),
        ("Iterator[int]", iter([1])),
        ("Mapping[str, int]", {"a": 1}),
        ("Order", Order()),
    ],
)
def test_satisfied(returns: str, value: object) -> None:
    assert judge(returns, value) is ContractVerdict.SATISFIED


@pytest.mark.parametrize(
    ("returns", "value"),
    [
        ("int", None),
        ("int", "1"),
        ("str", 0),
        ("list[int]", [1, None]),
        ("list[str]", {"a": 1}),
        ("dict[str, int]", None),
        ("None", 1),
        ("int | str", 1.5),
        ("Decimal", 0),
        ("int", object()),
        ("int", Decimal(1)),
    ],
)
def test_refuted(returns: str, value: object) -> None:
    assert judge(returns, value) is ContractVerdict.REFUTED


@pytest.mark.parametrize(
    ("returns", "value"),
    [
        (None, 1),
        ("", 1),
        ("Any", None),
        ("None", None),
        ("int | None", None),
        ("Optional[int]", None),
        ("T", None),
        ("Basket", Order()),
        ("f()", 1),
        ("not python(", 1),
        ("-" * 9000 + "1", 1),
        ("dict[str, int]", OrderedDict(a=1)),
        ("str", Order()),
    ],
)
def test_silent(returns: str | None, value: object) -> None:
    assert judge(returns, value) is ContractVerdict.SILENT


def test_a_contract_says_nothing_of_exceptions_and_of_odd_descriptions() -> None:
    assert judge_contract("int", raised()) is ContractVerdict.SILENT
    odd = Observation(outcome=Outcome.RETURNED, value=[1])
    assert judge_contract("int", odd) is ContractVerdict.SILENT
    odd = Observation(outcome=Outcome.RETURNED, value={"type": 3})
    assert judge_contract("int", odd) is ContractVerdict.SILENT
