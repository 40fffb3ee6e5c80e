package batch

import (
	"testing"
)

func TestJudge(t *testing.T) {
	if got := Run([]string{"a", "b", "c"}, 2, func(string) int { return 1 }); got != 3 {
		t.Fatal(got)
	}
}
