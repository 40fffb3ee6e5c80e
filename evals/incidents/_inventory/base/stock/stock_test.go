package stock

import (
	"errors"
	"testing"
)

func TestGoodsAddUp(t *testing.T) {
	store := NewStore()
	store.Add("tea-01", 3)
	store.Add("tea-01", 4)
	item, err := store.Find("tea-01")
	if err != nil || item.Quantity != 7 {
		t.Fatalf("got %v, %v", item, err)
	}
}

func TestUnknownArticlesAreAnError(t *testing.T) {
	if _, err := NewStore().Find("cup-01"); !errors.Is(err, ErrUnknown) {
		t.Fatalf("got %v", err)
	}
}
