package stock

import (
	"testing"
)

func TestJudge(t *testing.T) {
	store := NewStore()
	store.Add("a", 2)
	store.Add("a", 1)
	item, err := store.Find("a")
	if err != nil || item.Quantity != 3 {
		t.Fatal(item, err)
	}
}
