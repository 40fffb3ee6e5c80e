"""What is called of Jira Cloud is in the schema that Atlassian publishes, and so is the fake."""

import pytest

from tests.fakes.jira_schema import PUBLISHED, Call, misfits

ISSUE = "/rest/api/3/issue"
MADE = {"id": "10001", "key": "SHOP-1", "self": "https://acme.atlassian.net/rest/api/3/issue/10001"}
GIVEN = {"fields": {"summary": "x"}, "properties": [{"key": "dev.suture", "value": {"mark": "m"}}]}


@pytest.mark.parametrize(
    "call",
    [
        Call("POST", ISSUE, GIVEN, 201, MADE),
        Call("POST", ISSUE, GIVEN, 400, {"anything": 1}),
        Call("GET", f"{ISSUE}/SHOP-1?fields=summary", None, 200, {"key": "SHOP-1", "fields": {}}),
        Call(
            "PUT",
            f"{ISSUE}/SHOP-1",
            {"fields": {}, "update": {"labels": [{"add": "x"}]}},
            204,
            None,
        ),
    ],
)
def test_what_fits_is_told_so(call: Call) -> None:
    assert misfits(call) == []


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call("POST", "/rest/api/3/issues", GIVEN, 201, MADE), "no such operation"),
        (Call("DELETE", f"{ISSUE}/SHOP-1", None, 204, None), "no such operation"),
        (Call("POST", f"{ISSUE}?notify=no", GIVEN, 201, MADE), "asks for notify"),
        (Call("POST", ISSUE, None, 201, MADE), "sends nothing"),
        (Call("POST", ISSUE, GIVEN, 200, MADE), "answers no 200"),
        (Call("POST", ISSUE, GIVEN, 201, {"number": 1}), "'number' was unexpected"),
        (Call("POST", ISSUE, GIVEN, 201, {**MADE, "id": 10001}), "not of type 'string'"),
        (Call("POST", ISSUE, {"properties": [{"mark": "m"}]}, 201, MADE), "'mark' was unexpected"),
        (Call("POST", ISSUE, {"properties": {"mark": "m"}}, 400, None), "not of type 'array'"),
        (Call("GET", f"{ISSUE}/SHOP-1", {"x": 1}, 200, {"key": "SHOP-1"}), "sends a body"),
        (Call("PUT", f"{ISSUE}/SHOP-1", {"fields": {}}, 204, {"key": "SHOP-1"}), "gets a body"),
        (
            Call("POST", f"{ISSUE}/SHOP-1/remotelink", {"globalId": "x"}, 201, {"id": 1}),
            "'object' is a required property",
        ),
        (
            Call("GET", "/rest/api/3/search/jql?jql=x", None, 200, {"issues": [{"number": 1}]}),
            "'number' was unexpected",
        ),
    ],
)
def test_what_does_not_fit_is_named(call: Call, said: str) -> None:
    assert any(said in one for one in misfits(call)), misfits(call)


def test_it_says_where_it_is_from() -> None:
    said = " ".join(PUBLISHED["//"])
    assert "swagger-v3.v3.json" in said
    assert "Apache License 2.0" in said
