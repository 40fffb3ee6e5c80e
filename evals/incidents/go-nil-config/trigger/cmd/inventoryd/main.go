package main

import (
	"fmt"

	"shop.example/inventory/config"
	"shop.example/inventory/plan"
)

func main() {
	settings, err := config.Load("inventory.json")
	if err != nil {
		panic(err)
	}
	fmt.Println(plan.Batches(settings, []string{"a", "b"}))
}
