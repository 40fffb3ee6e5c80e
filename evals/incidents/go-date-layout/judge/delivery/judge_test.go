package delivery

import (
	"testing"
)

func TestJudge(t *testing.T) {
	line, err := ParseLine("a;1;2026-05-24")
	if err != nil || line.Due.Month() != 5 || line.Due.Day() != 24 {
		t.Fatal(line, err)
	}
}
