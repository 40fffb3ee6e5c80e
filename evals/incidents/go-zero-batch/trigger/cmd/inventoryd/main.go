package main

import (
	"fmt"
	"shop.example/inventory/config"
	"shop.example/inventory/plan"
)

func main() {
	settings, err := config.Parse([]byte(`{"workers": 8}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(plan.Batches(settings, make([]string, 25)))
}
