package main

import (
	"os"
	"shop.example/inventory/config"
)

func main() {
	var held []*os.File
	for {
		file, err := os.Open("/dev/null")
		if err != nil {
			break
		}
		held = append(held, file)
	}
	if _, err := config.Load("/proc/self/status"); err != nil {
		panic(err)
	}
	_ = held
}
