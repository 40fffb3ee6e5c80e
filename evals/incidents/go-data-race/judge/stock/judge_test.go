package stock

import (
	"sync"
	"testing"
)

func TestJudgeMovementsOfAllDocksAreNoted(t *testing.T) {
	store := NewStore()
	var docks sync.WaitGroup
	for range 20 {
		docks.Add(1)
		go func() {
			defer docks.Done()
			for range 100 {
				store.Move("tea-01", "", "B2")
				store.Moves()
			}
		}()
	}
	docks.Wait()
	moves := store.Moves()
	if len(moves) != 2000 || moves[0] != "tea-01: outside -> B2" {
		t.Fatalf("got %d movements, %q", len(moves), moves[0])
	}
}
