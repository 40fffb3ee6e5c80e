package supplier

import (
	"testing"
)

func TestJudge(t *testing.T) {
	if got, err := Cents(map[string]any{"cents": 450.0}); err != nil || got != 450 {
		t.Fatal(got, err)
	}
	if _, err := Cents(map[string]any{"cents": "x"}); err == nil {
		t.Fatal("no error")
	}
}
