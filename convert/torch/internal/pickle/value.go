package pickle

import (
	"fmt"
	"math/big"
)

// The values of a pickle are, as Go sees them: nil (None), bool, int64,
// *big.Int (integers of 9 to 16 bytes), float64, string, Bytes, Tuple, *List,
// *Dict, *Set, Global, *Object, and whatever an Env returns.
//
// Lists, dictionaries and sets may contain themselves, and tuples nest as deep
// as a file likes: nothing may walk a value recursively, fmt's %v included.
type (
	// Bytes is a bytes object.
	Bytes []byte

	// Tuple is a tuple.
	Tuple []any

	// List is a list.
	List struct{ Items []any }

	// Set is a set or a frozenset.
	Set struct{ Items []any }

	// Global is a name in a Python module: a function, a class or a constant.
	// It is never looked up.
	Global struct{ Module, Name string }

	// Object is something known by nothing but the class or function that made
	// it and, where they were stored as a dictionary, its attributes.
	Object struct {
		Of    Global
		State *Dict
	}
)

// Entry is an item of a Dict.
type Entry struct{ Key, Value any }

// Dict is a dictionary in the order of insertion.
type Dict struct {
	Entries []Entry
	index   map[string]int // of the keys that are strings, once there are many
}

// fewEntries are found faster without an index, and most dictionaries have no
// more.
const fewEntries = 8

func (g Global) String() string { return g.Module + "." + g.Name }

// Get returns the value of a string key.
func (d *Dict) Get(key string) (any, bool) {
	i, ok := d.find(key)
	if !ok {
		return nil, false
	}
	return d.Entries[i].Value, true
}

func (d *Dict) find(key string) (int, bool) {
	if d.index != nil {
		i, ok := d.index[key]
		return i, ok
	}
	for i, e := range d.Entries {
		if e.Key == any(key) {
			return i, true
		}
	}
	return 0, false
}

// reindex makes or extends the index for one more entry.
func (d *Dict) reindex(key any) {
	if len(d.Entries) < fewEntries {
		return
	}
	if d.index == nil {
		d.index = make(map[string]int, 2*fewEntries)
		for i, e := range d.Entries {
			if s, ok := e.Key.(string); ok {
				d.index[s] = i
			}
		}
	}
	if s, ok := key.(string); ok {
		d.index[s] = len(d.Entries)
	}
}

// set adds an entry. A dictionary never had the same string key twice when it
// was written; keys of other types are not compared.
func (d *Dict) set(key, value any) error {
	switch k := key.(type) {
	case nil, bool, int64, float64, *big.Int, Bytes, Tuple, Global, *Object:
	case string:
		if _, twice := d.find(k); twice {
			return fmt.Errorf("the key %s comes twice", quote(k))
		}
	default:
		return fmt.Errorf("%s as a dictionary's key, allowed are strings, numbers and other constants", TypeName(key))
	}
	d.reindex(key)
	d.Entries = append(d.Entries, Entry{key, value})
	return nil
}

// Named is what a value of an Env's own type is called in messages.
type Named interface{ TypeName() string }

// TypeName says for a message what a value is.
func TypeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64, *big.Int:
		return "an integer"
	case float64:
		return "a float"
	case string:
		return "a string"
	case Bytes:
		return "bytes"
	case Tuple:
		return "a tuple"
	case *List:
		return "a list"
	case *Dict:
		return "a dictionary"
	case *Set:
		return "a set"
	case Global:
		return "the name " + quote(v.String())
	case *Object:
		return "an object of " + quote(v.Of.String())
	case Named:
		return v.TypeName()
	}
	return "a value of an unknown type"
}
