import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from suture.redaction import MARK, MAX_DEPTH, TOO_DEEP, scrub, scrub_code, scrub_json
from suture.secret_names import Secrecy, secrecy_of

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow/+IBAAKCAQEA==\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("{'password': 'x'}", "{'password': '[redacted]'}"),
        ("Config(password='x y', user='ida')", "Config(password='[redacted]', user='ida')"),
        ("password='it\\'s', n=1", "password='[redacted]', n=1"),
        ("key(password=b'x')", "key(password=b'[redacted]')"),
        ("password=SecretStr('x')", "password=SecretStr('[redacted]')"),
        ('{"a": "{\\"password\\": \\"x y\\"}"}', '{"a": "{\\"password\\": \\"[redacted]\\"}"}'),
        ("'password': 'cut of", "'password': '[redacted]"),
        ("GET /?token=abc&page=2", "GET /?token=[redacted]&page=2"),
        ("db_password = hunter2", "db_password = [redacted]"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"),
        ("os.environ['API_KEY'] = 'k'", "os.environ['API_KEY'] = '[redacted]'"),
        ("passwords=['a', 'b'], n=1", "passwords=[redacted], n=1"),
        ("'cookies': {'sid': 'x', 'b': ['y)']}, 'n': 1", "'cookies': [redacted], 'n': 1"),
        ("secrets: {'a': 'x'}", "secrets: [redacted]"),
        ("secrets: {\n  'a': 'x',\n}\nnext", "secrets: [redacted]\nnext"),
        ("cookies={'sid': 'cut of", "cookies=[redacted]"),
        (
            '{\\"secrets\\": {\\"a\\": \\"x\\"}, \\"n\\": 1}',
            '{\\"secrets\\": [redacted], \\"n\\": 1}',
        ),
        ("get(url, auth=('ida', 'x'))", "get(url, auth=[redacted])"),
        ("run --token=abc --n=1", "run --token=[redacted] --n=1"),
        ("mysql --password x3 -h db", "mysql --password [redacted] -h db"),
        ("mysql --password 'x y' -h", "mysql --password '[redacted]' -h"),
        ("['mysql', '--password', 'x y']", "['mysql', '--password', '[redacted]']"),
        ("password='''it's\nx''', n=1", "password='''[redacted]''', n=1"),
        ("password := hunter2", "password := [redacted]"),
        ("password=a,b user=ida", "password=[redacted] user=ida"),
        ("password=a,user=ida", "password=[redacted],user=ida"),
        ("postgresql://u:p/w@h/db", "postgresql://u:[redacted]@h/db"),
        ("amqp://u:p#w?@h:5672", "amqp://u:[redacted]@h:5672"),
        ("otp=123456, ssn: 123-45-6789", "otp=[redacted], ssn: [redacted]"),
        ("card_number='1234', cvv=123", "card_number='[redacted]', cvv=[redacted]"),
        ("hf_" + "a1" * 17, MARK),
        ("Invalid token: 'a8f3c1d2e9'", "Invalid token: '[redacted]'"),
        ("X-Api-Key: abc", "X-Api-Key: [redacted]"),
        ("Authorization: Digest a, b\nHost: h", "Authorization: [redacted]\nHost: h"),
        ("Set-Cookie: a=b; Path=/", "Set-Cookie: [redacted]"),
        ("curl -H 'Cookie: a=b; c=d' url", "curl -H 'Cookie: [redacted]' url"),
        ("session_token: 8f3a91bc22", "session_token: [redacted]"),
        ("sent Bearer abc123 to", "sent Bearer [redacted] to"),
        ("sent Basic dXNlcjpwdw== to", "sent Basic [redacted] to"),
        ("postgres://u:p@ss@h/db", "postgres://u:[redacted]@h/db"),
        ("redis://:pw@h:1/0", "redis://:[redacted]@h:1/0"),
        ("https://0123456789abcdef0123@o1.ingest/2", "https://[redacted]@o1.ingest/2"),
        ("AKIAIOSFODNN7EXAMPLE", MARK),
        ("ghp_" + "a1" * 18, MARK),
        ("github_pat_" + "a1" * 18, MARK),
        ("glpat-" + "a1" * 10, MARK),
        ("xoxb-123456789-abcdef", MARK),
        ("sk_live_" + "4eC39HqLyjWDarjt", MARK),
        ("sk-proj-" + "a1" * 12, MARK),
        ("AIza" + "a" * 35, MARK),
        (JWT, MARK),
        ("https://hooks.slack.com/services/T0/B0/xyzw", f"https://hooks.slack.com/services/{MARK}"),
        (f"key is {PEM}.", f"key is {MARK}."),
        (repr(PEM), f"'{MARK}'"),
        ("card 4111 1111 1111 1111", "card [redacted]"),
        ("4111-1111-1111-1111", MARK),
        ("3782 822463 10005", MARK),
        ("5555555555554444", MARK),
    ],
)
def test_a_secret_is_replaced(text: str, clean: str) -> None:
    assert scrub(text) == clean
    assert scrub(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "token_count=3, author='ida', keyboard='de', tokens=['a', 'b'], max_tokens=5",
        "password=None, session=<Session object at 0x7f00>, secret='', token: str",
        "session={'user': 3}, session=12, auth=Auth(user)",
        "login(password=password, token=self.token, secret=get_secret())",
        "Unexpected token: < in JSON at position 0, invalid token: expected a brace",
        "if password == other or token != b or password::x",
        "Bearer authentication failed, Basic authentication, Basic abcd needed",
        "sk-learn-extension-for-everybody",
        "https://git@github.com/a and https://u:@h and a@b.example, x?u=://a@",
        "4111111111111112 1234567812345670 9007199254740993 1.4111111111111111",
        "123e4567-e89b-12d3-a456-426614174000 4111-1111-1111-1111-9",
        "1762345678901234567 0x7f4111111111111111 3.141592653589793",
        "{'password_length': 8, 'secret_count': 2, 'cookie_name': 'sid', 'key': 'k'}",
        "KeyError: 'password'",
        "next_token=abc, nextPageToken='CAUQAA', page_token=x, unexpected_token='foo'",
        "token='+', Invalid token: '+', Unexpected token: 'foo'",
        "the --password option needs a value, --token is required: --password, --user",
        "login(password=self.password,user=user), auth=(user, password), secrets={}",
        "http://host:8080/users/@ida and https://host/a:b/@c, run --verbose 3",
    ],
)
def test_everything_else_stays_byte_for_byte(text: str) -> None:
    assert scrub(text) == text


def test_code_keeps_its_expressions_but_not_its_literals() -> None:
    line = "    client = Client(token=request.headers[0], password=config.pw)"
    assert scrub_code(line) == line
    assert scrub_code("PASSWORD = 'hunter2'") == "PASSWORD = '[redacted]'"
    assert scrub_code("get(auth=(user, 'x1'))") == "get(auth=(user, '[redacted]'))"
    wanted = "cookies={'sid': '[redacted]', 'b': given['b']}"
    assert scrub_code("cookies={'sid': 'x1', 'b': given['b']}") == wanted
    assert scrub_code("if (token := request['token']) and auth(tokens[0]):").startswith("if (token")


def test_json_is_scrubbed_at_any_depth() -> None:
    value: JsonValue = {
        "user": {"password": "x", "name": "ida", "secrets": ["a"], "cookies": {"a": "b"}},
        "headers": [["Authorization", "Basic x"], ["Host", "h"]],
        "vars": {"token": "'f6e'", "dsn": "[Filtered]", "text": "password='x'"},
        "session": {"user": 3, "token": "abc"},
        "password=x": 1,
    }
    assert scrub_json(value) == {
        "user": {"password": MARK, "name": "ida", "secrets": MARK, "cookies": MARK},
        "headers": [["Authorization", MARK], ["Host", "h"]],
        "vars": {"token": MARK, "dsn": "[Filtered]", "text": f"password='{MARK}'"},
        "session": {"user": 3, "token": MARK},
        f"password={MARK}": 1,
    }


def test_json_that_holds_no_secret_stays() -> None:
    value: JsonValue = {
        "password": None, "secret": False, "token": "None", "session": "12", "api_key": "",
        "cookies": {}, "token_count": 4, "n": [1, 2.5, None, True, "a"],
    }  # fmt: skip
    assert scrub_json(value) == value
    assert scrub_json({"pin": 4, "password": 1234}) == {"pin": 4, "password": MARK}


def test_reprs_under_names_of_likely_secrets_stay_if_nothing_in_them_looks_random() -> None:
    value: JsonValue = {
        "token": "Token(type='PLUS', value='+')",
        "session": "<sqlalchemy.orm.Session object at 0x7f0012345678>",
        "last": {"session": "{'user': 3, 'items': ['a']}", "auth": [], "token": "'+'"},
        "next_token": "'CAUQAA1234567890'",
    }
    assert scrub_json(value) == value
    secret: dict[str, JsonValue] = {
        "token": "Token('a8f3c1d2e9')", "session": "{'id': 'abcdefghijklmnop'}",
        "auth": "('ida', 'x')", "http_auth": ["ida", "x", "y"], "csrf": "x1y",
    }  # fmt: skip
    assert scrub_json({**secret}) == dict.fromkeys(secret, MARK)


def test_json_that_is_nested_too_deeply_is_cut() -> None:
    value: JsonValue = "x"
    for _ in range(MAX_DEPTH + 5):
        value = [value]
    assert TOO_DEEP in json.dumps(scrub_json(value))


@pytest.mark.parametrize(
    "name", ["password", "userPassword", "X-Api-Key", "client_secret", "db_pass", "privateKey",
             "password_confirmation", "aws_secret_access_key", "credentials", "otp", "ssn",
             "cardNumber", "cardnumber", "card_number"]
)  # fmt: skip
def test_names_of_secrets_are_known_in_all_spellings(name: str) -> None:
    assert secrecy_of(name) is Secrecy.CERTAIN


@pytest.mark.parametrize(
    "name", ["token_count", "tokens", "author", "keyboard", "key", "first_pass", "", "12", "_"]
)
def test_names_like_those_of_secrets_are_told_apart(name: str) -> None:
    assert secrecy_of(name) is Secrecy.NONE


@pytest.mark.parametrize("name", ["token", "session", "sessionId", "session_key", "auth"])
def test_names_of_likely_secrets_are_known(name: str) -> None:
    assert secrecy_of(name) is Secrecy.LIKELY


PIECES = st.sampled_from(
    ["password", "token", "=", ":", " ", "'", '"', "\\", "[", "]", "(", ")", "x1", "\n", "@", "://",
     "Bearer ", "eyJ", ".", "-", "4111111111111111", "Cookie", "[redacted]", "{", "auth=",
     "--password ", "u:", "/", "}", ",", "None"]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join))
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


@pytest.mark.parametrize("unit", ["auth=(", "auth=('", "token=[", "secrets: {["])
def test_brackets_that_stay_open_take_no_time(unit: str) -> None:
    assert scrub(unit * 50_000)
    assert scrub_code(unit * 50_000)
