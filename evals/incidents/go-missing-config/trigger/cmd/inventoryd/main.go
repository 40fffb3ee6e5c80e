package main

import (
	"log"
	"shop.example/inventory/config"
)

func main() {
	if _, err := config.Load("/etc/inventory/config.json"); err != nil {
		log.Panicf("start: %v", err)
	}
}
