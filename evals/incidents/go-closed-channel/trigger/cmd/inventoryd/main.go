package main

import (
	"fmt"
	"time"
	"shop.example/inventory/batch"
)

func main() {
	fmt.Println(batch.Run([]string{"a", "b", "c"}, 2, func(string) int { time.Sleep(20 * time.Millisecond); return 1 }))
}
