"""Small made-up projects in several languages, and a bench to run them on."""

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from activities.bench import Bench, Stand
from integrations.bubblewrap.runtimes import own_runtimes
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.policy.model import SandboxBounds
from tests.builders.repository import RepositoryBuilder

BASKET_JS = """\
'use strict';

function total(lines) {
  let sum = 0;
  for (let i = 0; i < lines.length; i++) {
    sum += lines[i].price * lines[i].count;
  }
  return sum;
}

function isFree(lines) {
  return total(lines) === 0;
}

module.exports = { total, isFree };
"""
BASKET_TEST_JS = """\
'use strict';
const { describe, it } = require('node:test');
const assert = require('node:assert');
const { total, isFree } = require('../lib/basket');

describe('basket', () => {
  it('sums all lines', () => {
    assert.strictEqual(total([{ price: 250, count: 2 }, { price: 100, count: 1 }]), 600);
  });
  it('is free when it is empty', () => {
    assert.ok(isFree([]));
  });
  it('takes vouchers', { skip: 'not yet' }, () => {});
});
"""
JAVASCRIPT = {
    "package.json": '{"name": "basket", "private": true, "scripts": {"test": "node --test"}}\n',
    "lib/basket.js": BASKET_JS,
    "test/basket.test.js": BASKET_TEST_JS,
}
INVOICE_GO = """\
// Package invoice sums what customers owe.
package invoice

// Line is one position of an invoice, in cents.
type Line struct {
	Price int
	Count int
}

// Total sums the lines.
func Total(lines []Line) int {
	sum := 0
	for _, line := range lines {
		sum += line.Price * line.Count
	}
	return sum
}

// Overdue tells whether an invoice was left unpaid for too many days.
func Overdue(days, grace int) bool {
	return days > grace
}
"""
INVOICE_TEST_GO = """\
package invoice

import "testing"

func TestTotalSumsLines(t *testing.T) {
	got := Total([]Line{{Price: 250, Count: 2}, {Price: 100, Count: 1}})
	if got != 600 {
		t.Fatalf("Total = %d, want 600", got)
	}
}

func TestOverdue(t *testing.T) {
	for name, days := range map[string]int{"late": 15, "early": 13} {
		t.Run(name, func(t *testing.T) {
			if got, want := Overdue(days, 14), days == 15; got != want {
				t.Errorf("Overdue(%d, 14) = %v, want %v", days, got, want)
			}
		})
	}
}
"""
GO = {
    "go.mod": "module example.com/billing\n\ngo 1.21\n",
    "invoice/invoice.go": INVOICE_GO,
    "invoice/invoice_test.go": INVOICE_TEST_GO,
}


def needs(program: str) -> None:
    """Skip a test where the sandbox has no such program."""
    there = any((runtime.programs / program).exists() for runtime in own_runtimes())
    if not there and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def stand_of(
    files: Mapping[str, str], directory: Path, command: str = "", **service: str
) -> AbstractContextManager[Stand]:
    """Return a stand of a repository with these files in a service's root."""
    root = service.get("root", "")
    builder = RepositoryBuilder(directory / "repo")
    sha = builder.commit({f"{root}/{path}".lstrip("/"): text for path, text in files.items()}, "x")
    bench = Bench(
        sandbox=BubblewrapSandbox(directory / "sandbox"),
        repository=GitSources(directory / "sources").open(str(builder.path)),
        service=Service(name="shop", repository=str(builder.path), test_command=command, **service),
        bounds=SandboxBounds(),
    )
    return bench.at(sha)
