package main

import (
	"context"
	"log"
	"net/http"
	"time"
	"shop.example/inventory/supplier"
)

func main() {
	client := &supplier.Client{URL: "http://supplier.invalid", Timeout: 5 * time.Second, HTTP: http.DefaultClient}
	if _, err := client.Price(context.Background(), "tea-01"); err != nil {
		log.Panic(err)
	}
}
