package main

import (
	"encoding/json"
	"fmt"
	"shop.example/inventory/supplier"
)

func main() {
	var answer map[string]any
	if err := json.Unmarshal([]byte(`{"cents": 450}`), &answer); err != nil {
		panic(err)
	}
	fmt.Println(supplier.Cents(answer))
}
