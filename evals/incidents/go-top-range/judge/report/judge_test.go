package report

import (
	"testing"
)

func TestJudge(t *testing.T) {
	if got := Top([]int{3, 1}, 5); len(got) != 2 || got[0] != 3 {
		t.Fatal(got)
	}
}
