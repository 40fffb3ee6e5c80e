// Package stock keeps what the warehouse holds.
package stock

import "errors"

// ErrUnknown is returned for articles that were never delivered.
var ErrUnknown = errors.New("unknown article")

// Item is one article and how much of it there is.
type Item struct {
	SKU      string
	Quantity int
	Shelf    string
}

// Store holds items by their SKU.
type Store struct {
	items map[string]*Item
	moves []string
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{items: make(map[string]*Item)}
}

// Add puts goods on a shelf.
func (s *Store) Add(sku string, quantity int) {
	if item, ok := s.items[sku]; ok {
		item.Quantity += quantity
		return
	}
	s.items[sku] = &Item{SKU: sku, Quantity: quantity, Shelf: "A1"}
}

// Find returns an item, or ErrUnknown.
func (s *Store) Find(sku string) (*Item, error) {
	item, ok := s.items[sku]
	if !ok {
		return nil, ErrUnknown
	}
	return item, nil
}

// Len says how many articles there are.
func (s *Store) Len() int {
	return len(s.items)
}
