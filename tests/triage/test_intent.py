"""Where the service may mean what it does, a human decides."""

import pytest

from suture.domain.alert import Frame
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from tests.builders.stage import Stage

INTAKE = '''\
class Refused(ValueError):
    pass


def check(quantity):
    if quantity <= 0:
        raise Refused("quantity must be positive")
    return quantity


def documented(quantity):
    """Check a quantity.

    Raises:
        ValueError: it is not positive.
    """
    if quantity <= 0:
        raise ValueError("quantity must be positive")


def parse(text):
    try:
        return int(text)
    except ValueError as error:
        raise Refused(f"{text} is no number") from error


def promise(x):
    raise NotImplementedError("later")


def order(quantity):
    return check(quantity)
'''
TESTS = """\
import pytest
import intake


def test_refused():
    with pytest.raises(intake.Refused):
        intake.check(0)
"""


def judge(stage: Stage, statement: str, **changes: object) -> tuple[Category, Fixability]:
    diagnosis = told(stage, statement, **changes)
    return diagnosis.category, diagnosis.fixability


def told(stage: Stage, statement: str, **changes: object) -> Diagnosis:
    return stage.diagnosis(stage.failing(statement, **changes))


def test_a_refusal_that_a_test_or_docstring_expects_is_as_it_should_be(stage: Stage) -> None:
    stage.commit({"intake.py": INTAKE, "tests/test_intake.py": TESTS})
    expected = (Category.BAD_INPUT, Fixability.NOT_CODE)
    assert judge(stage, "import intake; intake.order(0)") == expected
    assert judge(stage, "import intake; intake.documented(0)") == expected
    assert judge(stage, "import intake; intake.parse('x')") == expected
    diagnosis = told(stage, "import intake; intake.order(0)")
    assert any("test_intake.py:6" in each.text for each in diagnosis.statements)


def test_a_refusal_that_nobody_expects_is_for_a_human(stage: Stage) -> None:
    stage.commit({"intake.py": INTAKE, "tests/test_other.py": "def test_x():\n    pass\n"})
    expected = (Category.BAD_INPUT, Fixability.NEEDS_HUMAN)
    assert judge(stage, "import intake; intake.order(0)") == expected
    assert judge(stage, "import intake; intake.promise(0)")[0] is Category.CODE_DEFECT


def test_a_refusal_after_a_change_on_the_path_may_be_a_defect(stage: Stage) -> None:
    stage.commit({"intake.py": INTAKE, "tests/test_intake.py": TESTS}, "Start")
    stage.commit({"intake.py": INTAKE.replace("<= 0", "<= 1")}, "Tidy up the check")
    expected = (Category.CODE_DEFECT, Fixability.FIXABLE)
    assert judge(stage, "import intake; intake.order(1)") == expected


RATES = """\
import json
import urllib.request


def fetch(url):
    try:
        return json.load(urllib.request.urlopen(url))
    except OSError:
        return None


def strict(url):
    try:
        return json.load(url)
    except OSError:
        raise
    return None


def convert(url):
    rates = fetch(url)
    return rates["EUR"]


def find(rows):
    for row in rows:
        return row


def first(rows):
    return find(rows)["x"]


def bare(rows):
    try:
        try:
            if rows:
                return rows
        except ValueError:
            rows = 1
    except:
        pass


def careful(rows):
    try:
        if rows:
            return rows
    except ValueError:
        pass


def fourth(rows):
    return careful(rows)["x"]


def second(rows):
    return bare(rows)["x"]


def third(rows):
    return strict(rows)["x"] if rows else None["x"]
"""


def test_a_swallowed_outage_is_not_repaired_where_it_surfaces(stage: Stage) -> None:
    stage.commit({"rates.py": RATES})
    call = "import rates; rates.convert('http://127.0.0.1:1/')"
    assert judge(stage, call) == (Category.UNKNOWN, Fixability.NEEDS_HUMAN)
    log = "12:01 WARNING no rates: Connection refused"
    diagnosis = told(stage, call, log=log)
    assert diagnosis.category is Category.EXTERNAL_SERVICE
    assert diagnosis.fixability is Fixability.NEEDS_HUMAN
    assert diagnosis.statements[0].citations[0].quote == log
    alone = told(stage, "import rates; rates.first([])", log="GET /rates -> 502 Bad Gateway")
    assert alone.category is Category.EXTERNAL_SERVICE
    assert judge(stage, "import rates; rates.second([])")[0] is Category.UNKNOWN
    assert judge(stage, "import rates; rates.first([])")[0] is Category.CODE_DEFECT
    assert judge(stage, "import rates; rates.fourth([])")[0] is Category.CODE_DEFECT
    assert judge(stage, "import rates; rates.third([])")[0] is Category.CODE_DEFECT


def test_data_from_outside_is_for_a_human(stage: Stage) -> None:
    code = (
        "import json, pathlib\n\n\ndef limits(path):\n"
        "    data = json.loads(pathlib.Path(path).read_text())\n    return data['limits']['max']\n"
    )
    stage.commit({"conf.py": code, "limits.json": "{}"}, "Start")
    call = f"import conf; conf.limits({str(stage.builder.path / 'limits.json')!r})"
    assert judge(stage, call) == (Category.UNKNOWN, Fixability.NEEDS_HUMAN)
    stage.commit({"conf.py": code.replace("['limits']", "['limit']")}, "Rename")
    assert judge(stage, call)[0] is Category.CODE_DEFECT


@pytest.mark.parametrize(
    ("body", "category"),
    [
        ("[n for n in table]", Category.UNKNOWN),
        ("[table.pop(n) for n in table]", Category.CODE_DEFECT),
        ("[self.drop(n) for n in table]", Category.CODE_DEFECT),
    ],
)
def test_a_collection_that_others_change_is_a_race(
    stage: Stage, body: str, category: Category
) -> None:
    code = (
        "class Table(dict):\n    def __iter__(self):\n        for n in list(self.keys()):\n"
        "            yield n\n"
        "        raise RuntimeError('dictionary changed size during iteration')\n"
        f"\n\nclass Store:\n    def walk(self, table):\n        return {body}\n"
        "\n    def drop(self, n):\n        return n\n"
    )
    stage.commit({"store.py": code})
    alert = stage.failing("import store; store.Store().walk(store.Table(a=1))")
    failed = alert.exceptions[0]
    kept = tuple(frame for frame in failed.frames if frame.function != "__iter__")
    alert = alert.model_copy(update={"exceptions": (failed.model_copy(update={"frames": kept}),)})
    assert stage.diagnosis(alert).category is category


def test_a_change_inside_the_loop_is_no_race(stage: Stage) -> None:
    code = "def walk(t):\n    for k in t:\n        {}\n"
    for body in ("del t[k]", "t[k + 'x'] = 1"):
        stage.commit({"store.py": code.format(body)})
        assert judge(stage, "import store; store.walk({'a': 1})")[0] is Category.CODE_DEFECT


TABLES = """\
RATES = {"DE": 19, "FR": 20, **{}}
TYPED: dict = {"a b": 1}
EMPTY = {}
OTHER = RATES
a, b = 1, 2


def rate(country):
    return RATES[country]


def typed(key):
    return TYPED[key]


def empty(key):
    return EMPTY[key]


def local(key):
    table = {"a": 1}
    return table[key]
"""


@pytest.mark.parametrize(
    ("call", "category"),
    [
        ("rate('CH')", Category.UNKNOWN),
        ("rate('de')", Category.CODE_DEFECT),
        ("typed('A-B')", Category.CODE_DEFECT),
        ("empty('x')", Category.CODE_DEFECT),
        ("local('x')", Category.CODE_DEFECT),
    ],
)
def test_an_entry_that_only_people_can_know_is_for_a_human(
    stage: Stage, call: str, category: Category
) -> None:
    stage.commit({"tables.py": TABLES})
    assert judge(stage, f"import tables; tables.{call}")[0] is category


def test_a_failure_deep_in_a_library_is_for_a_human(stage: Stage) -> None:
    stage.commit({"app.py": "import json\n\n\ndef read(text):\n    return json.loads(text)\n"})
    alert = stage.failing("import app; app.read('{')")
    assert stage.diagnosis(alert).category is Category.CODE_DEFECT
    failed = alert.exceptions[0]
    vendor = Frame(filename="/v/site-packages/vendor/core.py", function="run", in_app=False)
    inside = failed.model_copy(update={"frames": (*failed.frames, vendor)})
    diagnosis = stage.diagnosis(alert.model_copy(update={"exceptions": (inside,)}))
    assert (diagnosis.category, diagnosis.fixability) == (Category.UNKNOWN, Fixability.NEEDS_HUMAN)
    outside = failed.model_copy(update={"frames": (vendor,)})
    diagnosis = stage.diagnosis(alert.model_copy(update={"exceptions": (outside,)}))
    assert diagnosis.category is Category.EXTERNAL_SERVICE
    stdlib = failed.model_copy(
        update={"frames": (vendor.model_copy(update={"filename": "/x.py"}),)}
    )
    diagnosis = stage.diagnosis(alert.model_copy(update={"exceptions": (stdlib,)}))
    assert diagnosis.category is Category.EXTERNAL_SERVICE
    bare = failed.model_copy(update={"frames": ()})
    assert (
        stage.diagnosis(alert.model_copy(update={"exceptions": (bare,)})).category
        is Category.UNKNOWN
    )
