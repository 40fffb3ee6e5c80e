package main

import (
	"fmt"
	"shop.example/inventory/report"
)

func main() {
	fmt.Println(report.Top([]int{3, 1}, 5))
}
