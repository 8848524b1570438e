package pickle

import (
	"errors"
	"fmt"
	"slices"
)

// machine is the state of one pickle: a stack with marks in it, and the memo
// of values that are used again.
type machine struct {
	d       *Decoder
	env     Env
	stack   []any
	marks   []int // heights of the stack where the marks are
	memo    map[uint32]any
	started bool // PROTO has been read
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// floor is the height below which an opcode may not reach: that of the last
// mark.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

// need checks that n values stand above the last mark.
func (m *machine) need(n int) error {
	if have := len(m.stack) - m.floor(); have < n {
		return fmt.Errorf("takes %d values from the stack, which has %d", n, have)
	}
	return nil
}

// take removes the n values on top. They stay valid until the next push.
func (m *machine) take(n int) ([]any, error) {
	if err := m.need(n); err != nil {
		return nil, err
	}
	at := len(m.stack) - n
	values := m.stack[at:]
	m.stack = m.stack[:at]
	return values, nil
}

// items removes everything down to the last mark, and the mark. They stay
// valid until the next push.
func (m *machine) items() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("no mark on the stack")
	}
	at := m.floor()
	values := m.stack[at:]
	m.stack = m.stack[:at]
	m.marks = m.marks[:len(m.marks)-1]
	return values, nil
}

func (m *machine) stop() error {
	if len(m.stack) != 1 || len(m.marks) != 0 {
		return fmt.Errorf("%d values and %d marks on the stack, allowed 1 and 0", len(m.stack), len(m.marks))
	}
	return errStop
}

func (m *machine) mark() error {
	m.marks = append(m.marks, len(m.stack))
	return nil
}

func (m *machine) pop() error {
	if len(m.marks) > 0 && m.floor() == len(m.stack) {
		m.marks = m.marks[:len(m.marks)-1]
		return nil
	}
	_, err := m.take(1)
	return err
}

func (m *machine) tuple(n int) error {
	values, err := m.take(n)
	if err != nil {
		return err
	}
	return m.push(Tuple(slices.Clone(values)))
}

func (m *machine) put(width int) error {
	i, err := m.unsigned(width)
	if err != nil {
		return err
	}
	if err := m.need(1); err != nil {
		return err
	}
	m.memo[uint32(i)] = m.stack[len(m.stack)-1]
	return nil
}

func (m *machine) memoize() error {
	if err := m.need(1); err != nil {
		return err
	}
	m.memo[uint32(len(m.memo))] = m.stack[len(m.stack)-1]
	return nil
}

func (m *machine) get(width int) error {
	i, err := m.unsigned(width)
	if err != nil {
		return err
	}
	v, ok := m.memo[uint32(i)]
	if !ok {
		return fmt.Errorf("the memo has no entry %d", i)
	}
	return m.push(v)
}
