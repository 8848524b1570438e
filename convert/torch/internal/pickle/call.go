package pickle

import "fmt"

// This file has the opcodes that in Python import and call.

func (m *machine) global() error {
	module, err := m.d.line()
	if err != nil {
		return err
	}
	name, err := m.d.line()
	if err != nil {
		return err
	}
	return m.push(Global{module, name})
}

func (m *machine) stackGlobal() error {
	values, err := m.take(2)
	if err != nil {
		return err
	}
	module, ok := values[0].(string)
	name, ok2 := values[1].(string)
	if !ok || !ok2 {
		return fmt.Errorf("takes %s and %s, allowed are two strings", TypeName(values[0]), TypeName(values[1]))
	}
	if most := m.d.lim.NameBytes; len(module) > most || len(name) > most {
		return fmt.Errorf("a name of more than %d bytes", most)
	}
	return m.push(Global{module, name})
}

// call asks the Env for what a call would return.
func (m *machine) call(newObj bool) error {
	values, err := m.take(2)
	if err != nil {
		return err
	}
	g, ok := values[0].(Global)
	if !ok {
		return fmt.Errorf("would call %s, allowed is a name", TypeName(values[0]))
	}
	args, ok := values[1].(Tuple)
	if !ok {
		return fmt.Errorf("would call %s with %s, allowed is a tuple of arguments", quote(g.String()), TypeName(values[1]))
	}
	v, err := m.env.Call(g, args, newObj)
	if err != nil {
		return err
	}
	return m.push(v)
}

// newObjectEx, inst and obj call with keywords, or run a class's __init__: no
// value that is read here is written with them.

func (m *machine) newObjectEx() error {
	values, err := m.take(3)
	if err != nil {
		return err
	}
	return refuseCall(values[0])
}

func (m *machine) inst() error {
	if err := m.global(); err != nil {
		return err
	}
	return refuseCall(m.stack[len(m.stack)-1])
}

func (m *machine) obj() error {
	items, err := m.items()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return fmt.Errorf("takes 1 value from the stack, which has 0")
	}
	return refuseCall(items[0])
}

func refuseCall(callee any) error {
	name := TypeName(callee)
	if g, ok := callee.(Global); ok {
		name = quote(g.String())
	}
	return fmt.Errorf("would call %s: refused, this opcode is for code and not for weights", name)
}

func (m *machine) persistent() error {
	id, err := m.take(1)
	if err != nil {
		return err
	}
	v, err := m.env.Persistent(id[0])
	if err != nil {
		return err
	}
	return m.push(v)
}
