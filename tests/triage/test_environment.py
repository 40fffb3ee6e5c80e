import pytest

from suture.domain.diagnosis import Category, Fixability
from tests.builders.stage import Stage

APP = """\
import os


class ImproperlyConfigured(Exception):
    pass


def load():
    return dict(
        url=os.environ["SHOP_URL"],
        token=os.getenv("SHOP_TOKEN"),
    )


def number():
    return int(
        os.getenv("SHOP_NUMBER")
    )


def strict():
    raise ImproperlyConfigured("set SHOP_URL")


def secret():
    return open("/run/secrets/none").read()


def render():
    import shop_templates_of_nobody
    return shop_templates_of_nobody


def own():
    from app import absent_name
    return absent_name


def submodule():
    import pkg.gone


def foreign():
    from json import absent_name


def refuse():
    raise PermissionError("Permission denied: not your order")


def lookup(table):
    return table["b"]
"""


@pytest.mark.parametrize(
    ("call", "category", "fixability"),
    [
        ("load()", Category.CONFIGURATION, Fixability.NOT_CODE),
        ("number()", Category.CONFIGURATION, Fixability.NOT_CODE),
        ("strict()", Category.CONFIGURATION, Fixability.NOT_CODE),
        ("secret()", Category.CONFIGURATION, Fixability.NOT_CODE),
        ("render()", Category.DEPENDENCY, Fixability.NOT_CODE),
        ("foreign()", Category.DEPENDENCY, Fixability.NOT_CODE),
        ("own()", Category.CODE_DEFECT, Fixability.FIXABLE),
        ("submodule()", Category.CODE_DEFECT, Fixability.FIXABLE),
        ("refuse()", Category.BAD_INPUT, Fixability.NEEDS_HUMAN),
        ("lookup({'a': 1})", Category.CODE_DEFECT, Fixability.FIXABLE),
    ],
)
def test_what_surrounds_the_code_is_told_from_the_code(
    stage: Stage, call: str, category: Category, fixability: Fixability
) -> None:
    stage.commit({"app.py": APP, "pkg/__init__.py": ""})
    diagnosis = stage.diagnosis(stage.failing(f"import app; app.{call}"))
    assert (diagnosis.category, diagnosis.fixability) == (category, fixability)
    assert diagnosis.statements


def test_a_module_that_reads_its_settings_on_import_is_configuration(stage: Stage) -> None:
    stage.commit({"settings.py": "import os\n\nURL = os.environ['SHOP_URL']\n"})
    diagnosis = stage.diagnosis(stage.failing("import settings"))
    assert diagnosis.category is Category.CONFIGURATION


def test_a_decorator_that_fails_is_no_setting(stage: Stage) -> None:
    stage.commit({"app.py": "TABLE = {}\n\n\n@TABLE['x']\ndef environ_reader():\n    return 1\n"})
    diagnosis = stage.diagnosis(stage.failing("import app"))
    assert diagnosis.category is not Category.CONFIGURATION
