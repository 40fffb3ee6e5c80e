package main

import (
	"net/http/httptest"
	"shop.example/inventory/stock"
	"shop.example/inventory/web"
)

func main() {
	server := &web.Server{Store: stock.NewStore()}
	server.Label(httptest.NewRecorder(), httptest.NewRequest("GET", "/label?sku=cup-09", nil))
}
