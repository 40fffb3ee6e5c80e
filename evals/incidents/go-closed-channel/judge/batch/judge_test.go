package batch

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	work := func(string) int { time.Sleep(10 * time.Millisecond); return 1 }
	if got := Run([]string{"a", "b", "c"}, 2, work); got != 3 {
		t.Fatal(got)
	}
}
