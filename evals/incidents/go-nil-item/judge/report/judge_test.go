package report

import (
	"testing"
	"shop.example/inventory/stock"
)

func TestJudge(t *testing.T) {
	if got := Shelf(stock.NewStore(), "x"); got != "none" {
		t.Fatal(got)
	}
}
