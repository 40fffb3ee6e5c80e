package main

import (
	"shop.example/inventory/plan"
	"shop.example/inventory/stock"
)

func main() {
	store := stock.NewStore()
	if err := plan.Book(store, []string{"tea-01;12;2026-05-24"}); err != nil {
		panic(err)
	}
}
