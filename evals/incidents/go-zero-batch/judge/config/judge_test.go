package config

import (
	"testing"
)

func TestJudge(t *testing.T) {
	settings, err := Parse([]byte(`{}`))
	if err != nil || settings.Batch != 10 || settings.Workers != 4 {
		t.Fatal(settings, err)
	}
}
