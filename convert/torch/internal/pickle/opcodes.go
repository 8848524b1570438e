package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"
)

const (
	protoCode   = 0x80
	minProtocol = 2
	maxProtocol = 4

	// maxInteger is the most bytes that an integer may have: random number
	// generators keep 16 in a checkpoint.
	maxInteger = 16
)

// errStop is what the opcode STOP returns.
var errStop = errors.New("stop")

var le = binary.LittleEndian

// opcodes has every opcode that is read, by its code. Names and meanings are
// those of Lib/pickletools.py. What is missing: the text opcodes of protocols
// 0 and 1, extension codes, protocol 5, and LONG4.
var opcodes = [256]struct {
	name string
	run  func(*machine) error
}{
	protoCode: {"PROTO", (*machine).proto},
	0x95:      {"FRAME", func(m *machine) error { _, err := m.d.small(8); return err }},
	'.':       {"STOP", (*machine).stop},

	'N':  {"NONE", func(m *machine) error { return m.push(nil) }},
	0x88: {"NEWTRUE", func(m *machine) error { return m.push(true) }},
	0x89: {"NEWFALSE", func(m *machine) error { return m.push(false) }},
	'K':  {"BININT1", fixed(1, func(b []byte) any { return int64(b[0]) })},
	'M':  {"BININT2", fixed(2, func(b []byte) any { return int64(le.Uint16(b)) })},
	'J':  {"BININT", fixed(4, func(b []byte) any { return int64(int32(le.Uint32(b))) })},
	'G':  {"BINFLOAT", fixed(8, func(b []byte) any { return math.Float64frombits(binary.BigEndian.Uint64(b)) })},
	0x8a: {"LONG1", (*machine).long},

	'U':  {"SHORT_BINSTRING", sized(1, text)},
	'T':  {"BINSTRING", sized(4, text)},
	0x8c: {"SHORT_BINUNICODE", sized(1, text)},
	'X':  {"BINUNICODE", sized(4, text)},
	0x8d: {"BINUNICODE8", sized(8, text)},
	'C':  {"SHORT_BINBYTES", sized(1, octets)},
	'B':  {"BINBYTES", sized(4, octets)},
	0x8e: {"BINBYTES8", sized(8, octets)},

	'(':  {"MARK", (*machine).mark},
	'0':  {"POP", (*machine).pop},
	'1':  {"POP_MARK", func(m *machine) error { _, err := m.items(); return err }},
	')':  {"EMPTY_TUPLE", func(m *machine) error { return m.push(Tuple(nil)) }},
	0x85: {"TUPLE1", func(m *machine) error { return m.tuple(1) }},
	0x86: {"TUPLE2", func(m *machine) error { return m.tuple(2) }},
	0x87: {"TUPLE3", func(m *machine) error { return m.tuple(3) }},
	't':  {"TUPLE", collect(func(items []any) any { return Tuple(items) })},
	']':  {"EMPTY_LIST", func(m *machine) error { return m.push(&List{}) }},
	'a':  {"APPEND", func(m *machine) error { return m.extend(1) }},
	'e':  {"APPENDS", (*machine).appends},
	'}':  {"EMPTY_DICT", func(m *machine) error { return m.push(&Dict{}) }},
	's':  {"SETITEM", func(m *machine) error { return m.setItems(2) }},
	'u':  {"SETITEMS", (*machine).setItemsMarked},
	0x8f: {"EMPTY_SET", func(m *machine) error { return m.push(&Set{}) }},
	0x90: {"ADDITEMS", (*machine).addItems},
	0x91: {"FROZENSET", collect(func(items []any) any { return &Set{Items: items} })},

	'q':  {"BINPUT", func(m *machine) error { return m.put(1) }},
	'r':  {"LONG_BINPUT", func(m *machine) error { return m.put(4) }},
	0x94: {"MEMOIZE", (*machine).memoize},
	'h':  {"BINGET", func(m *machine) error { return m.get(1) }},
	'j':  {"LONG_BINGET", func(m *machine) error { return m.get(4) }},

	'c':  {"GLOBAL", (*machine).global},
	0x93: {"STACK_GLOBAL", (*machine).stackGlobal},
	'R':  {"REDUCE", func(m *machine) error { return m.call(false) }},
	0x81: {"NEWOBJ", func(m *machine) error { return m.call(true) }},
	0x92: {"NEWOBJ_EX", (*machine).newObjectEx},
	'i':  {"INST", (*machine).inst},
	'o':  {"OBJ", (*machine).obj},
	'b':  {"BUILD", (*machine).build},
	'Q':  {"BINPERSID", (*machine).persistent},
}

// fixed pushes what parse makes of n bytes.
func fixed(n int, parse func([]byte) any) func(*machine) error {
	return func(m *machine) error {
		b, err := m.d.small(n)
		if err != nil {
			return err
		}
		return m.push(parse(b))
	}
}

// sized pushes what parse makes of bytes whose number stands before them, in
// width bytes.
func sized(width int, parse func([]byte) (any, error)) func(*machine) error {
	return func(m *machine) error {
		n, err := m.unsigned(width)
		if err != nil {
			return err
		}
		b, err := m.d.bytes(n)
		if err != nil {
			return err
		}
		v, err := parse(b)
		if err != nil {
			return err
		}
		return m.push(v)
	}
}

func text(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("the string %s is not UTF-8", quote(string(b)))
	}
	return string(b), nil
}

func octets(b []byte) (any, error) { return slices.Clone(Bytes(b)), nil }

// collect pushes what wrap makes of everything above the last mark.
func collect(wrap func([]any) any) func(*machine) error {
	return func(m *machine) error {
		items, err := m.items()
		if err != nil {
			return err
		}
		return m.push(wrap(slices.Clone(items)))
	}
}

func (m *machine) unsigned(width int) (uint64, error) {
	b, err := m.d.small(width)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return le.Uint64(wide[:]), nil
}

func (m *machine) proto() error {
	if m.started {
		return errors.New("comes again, allowed is once at the start")
	}
	m.started = true
	b, err := m.d.byte()
	if err != nil {
		return err
	}
	if b < minProtocol || b > maxProtocol {
		return fmt.Errorf("protocol %d, allowed %d to %d", b, minProtocol, maxProtocol)
	}
	return nil
}

// long reads a little-endian integer in two's complement.
func (m *machine) long() error {
	n, err := m.d.byte()
	if err != nil {
		return err
	}
	if n > maxInteger {
		return fmt.Errorf("an integer of %d bytes, allowed %d", n, maxInteger)
	}
	b, err := m.d.small(int(n))
	if err != nil {
		return err
	}
	digits := slices.Clone(b)
	slices.Reverse(digits)
	v := new(big.Int).SetBytes(digits)
	if n > 0 && digits[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 8*uint(n)))
	}
	if v.IsInt64() {
		return m.push(v.Int64())
	}
	return m.push(v)
}
