package report

import "testing"

func TestJudge(t *testing.T) {
	quantities := []int{1, 9, 4}
	if got := Top(quantities, 2); got[0] != 9 || quantities[0] != 1 {
		t.Fatal(got, quantities)
	}
}
