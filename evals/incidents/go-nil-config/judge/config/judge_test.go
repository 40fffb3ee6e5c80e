package config

import "testing"

func TestJudge(t *testing.T) {
	settings, err := Load("no-such-file.json")
	if err != nil || settings == nil || settings.Batch != 10 {
		t.Fatal(settings, err)
	}
}
