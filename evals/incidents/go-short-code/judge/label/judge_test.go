package label

import (
	"testing"
)

func TestJudge(t *testing.T) {
	if got := Line("te-1", "B2"); got != "TE1XX B2" {
		t.Fatal(got)
	}
}
