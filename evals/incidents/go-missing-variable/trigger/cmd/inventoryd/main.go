package main

import (
	"shop.example/inventory/config"
)

func main() {
	if _, err := config.Token(); err != nil {
		panic(err)
	}
}
