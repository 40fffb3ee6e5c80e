package main

import (
	"fmt"
	"shop.example/inventory/batch"
)

func main() {
	fmt.Println(batch.Run([]string{"a", "b", "c"}, 2, func(string) int { return 1 }))
}
