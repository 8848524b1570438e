package pickle

import (
	"errors"
	"fmt"
)

// This file has the opcodes that change a value already on the stack. Each
// changes one type and no other.

func (m *machine) extend(n int) error {
	items, err := m.take(n)
	if err != nil {
		return err
	}
	return m.appendTo(items)
}

func (m *machine) appends() error {
	items, err := m.items()
	if err != nil {
		return err
	}
	return m.appendTo(items)
}

func (m *machine) appendTo(items []any) error {
	if err := m.need(1); err != nil {
		return err
	}
	list, ok := m.stack[len(m.stack)-1].(*List)
	if !ok {
		return m.wrongType("a list")
	}
	list.Items = append(list.Items, items...)
	return nil
}

func (m *machine) addItems() error {
	items, err := m.items()
	if err != nil {
		return err
	}
	if err := m.need(1); err != nil {
		return err
	}
	set, ok := m.stack[len(m.stack)-1].(*Set)
	if !ok {
		return m.wrongType("a set")
	}
	set.Items = append(set.Items, items...)
	return nil
}

func (m *machine) setItems(n int) error {
	pairs, err := m.take(n)
	if err != nil {
		return err
	}
	return m.setPairs(pairs)
}

func (m *machine) setItemsMarked() error {
	pairs, err := m.items()
	if err != nil {
		return err
	}
	return m.setPairs(pairs)
}

// setPairs sets alternating keys and values.
func (m *machine) setPairs(pairs []any) error {
	if len(pairs)%2 != 0 {
		return errors.New("a key without a value")
	}
	if err := m.need(1); err != nil {
		return err
	}
	dict, ok := m.stack[len(m.stack)-1].(*Dict)
	if !ok {
		return m.wrongType("a dictionary")
	}
	for i := 0; i < len(pairs); i += 2 {
		if err := dict.set(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// build gives an object its attributes. Those of an OrderedDict do not matter
// here (a state_dict has its _metadata there).
func (m *machine) build() error {
	state, err := m.take(1)
	if err != nil {
		return err
	}
	if err := m.need(1); err != nil {
		return err
	}
	switch v := m.stack[len(m.stack)-1].(type) {
	case *Object:
		if attributes, ok := state[0].(*Dict); ok {
			v.State = attributes
		}
		return nil
	case *Dict:
		return nil
	}
	return m.wrongType("a dictionary or an object")
}

func (m *machine) wrongType(want string) error {
	return fmt.Errorf("changes %s, allowed %s", TypeName(m.stack[len(m.stack)-1]), want)
}
