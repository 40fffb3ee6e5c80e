package main

import (
	"context"
	"net"
	"net/http"
	"time"
	"shop.example/inventory/supplier"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:18443")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	client := &supplier.Client{URL: "http://127.0.0.1:18443", Timeout: 50 * time.Millisecond, HTTP: http.DefaultClient}
	if _, err := client.Price(context.Background(), "tea-01"); err != nil {
		panic(err)
	}
}
