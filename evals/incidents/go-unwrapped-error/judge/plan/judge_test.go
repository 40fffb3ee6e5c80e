package plan

import (
	"errors"
	"testing"
	"shop.example/inventory/stock"
)

func TestJudge(t *testing.T) {
	err := Book(stock.NewStore(), []string{"a;-1;2026-05-24"})
	if !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
}
