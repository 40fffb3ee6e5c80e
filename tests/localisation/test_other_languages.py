"""The failing path of services that are not written in Python."""

from datetime import UTC, datetime

import pytest

from suture.localisation.evidence import Scene, collect_evidence
from suture.traces.detect import parse_report
from tests.builders.stage import Stage

NOW = datetime(2100, 1, 1, tzinfo=UTC)
JAVASCRIPT = {
    "src/cart.js": "function total(items) {\n  return items.price.amount;\n}\n"
    "module.exports = { total };\n",
    "src/server.js": "const { total } = require('./cart');\n\nfunction handle(request) {\n"
    "  return total(request.items);\n}\n",
}
JAVASCRIPT_STACK = """TypeError: Cannot read properties of undefined (reading 'amount')
    at total (/app/src/cart.js:2:22)
    at handle (/app/src/server.js:4:10)
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
"""
GO = {
    "go.mod": "module example.com/shop\n",
    "cart/cart.go": "package cart\n\nfunc Total(prices []int) int {\n\treturn prices[3]\n}\n",
    "main.go": 'package main\n\nimport "example.com/shop/cart"\n\nfunc main() {\n'
    "\tcart.Total(nil)\n}\n",
}
GO_STACK = """panic: runtime error: index out of range [3] with length 0

goroutine 1 [running]:
example.com/shop/cart.Total(...)
\t/build/cart/cart.go:4
main.main()
\t/build/main.go:6 +0x1d8
exit status 2
"""
JAVA = {
    "src/main/java/com/shop/Cart.java": "package com.shop;\n\nclass Cart {\n"
    "  int total(String code) {\n    return code.length();\n  }\n}\n",
    "src/main/java/com/shop/App.java": "package com.shop;\n\nclass App {\n"
    "  public static void main(String[] words) {\n    new Cart().total(null);\n  }\n}\n",
}
JAVA_STACK = """Exception in thread "main" java.lang.IllegalStateException: no total
\tat com.shop.App.main(App.java:5)
Caused by: java.lang.NullPointerException: Cannot invoke "String.length()" because "code" is null
\tat com.shop.Cart.total(Cart.java:5)
\t... 1 more
"""


@pytest.mark.parametrize(
    ("files", "stack", "path"),
    [
        (JAVASCRIPT, JAVASCRIPT_STACK, [("src/server.js", 4), ("src/cart.js", 2)]),
        (GO, GO_STACK, [("main.go", 6), ("cart/cart.go", 4)]),
        (
            JAVA,
            JAVA_STACK,
            [
                ("src/main/java/com/shop/App.java", 5),
                ("src/main/java/com/shop/Cart.java", 5),
            ],
        ),
    ],
    ids=["javascript", "go", "java"],
)
def test_the_failing_path_is_found_in_the_repository(
    stage: Stage, files: dict[str, str], stack: str, path: list[tuple[str, int]]
) -> None:
    stage.commit(files)
    alert = parse_report(stack, service="shop", received_at=NOW)
    evidence = collect_evidence(alert, Scene(repository=stage.repository, service=stage.service))
    assert [(place.path, place.line) for place in evidence.path] == path
    assert evidence.crash is not None
    assert (evidence.crash.path, evidence.crash.line) == path[-1]
    assert evidence.exception == 0
