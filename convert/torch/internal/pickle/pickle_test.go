package pickle_test

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/convert/torch/internal/pthtest"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// env knows one function, m.f, and one persistent ID, 1.
type env struct{}

func (env) Call(g pickle.Global, args pickle.Tuple, newObj bool) (any, error) {
	if g.String() != "m.f" {
		return nil, fmt.Errorf("would call %s", g)
	}
	return &pickle.Object{Of: g}, nil
}

func (env) Persistent(id any) (any, error) {
	if id != any(int64(1)) {
		return nil, errors.New("unknown persistent ID")
	}
	return "one", nil
}

func decode(data string, lim limit.Limits) (any, error) {
	d := pickle.NewDecoder(strings.NewReader(data), int64(len(data)), lim)
	v, err := d.Decode(env{})
	if err == nil {
		err = d.Close()
	}
	return v, err
}

func TestDecode(t *testing.T) {
	const head = "\x80\x02"
	object := &pickle.Object{Of: pickle.Global{Module: "m", Name: "f"}}
	for _, c := range []struct {
		data string
		want any
	}{
		{head + "N.", nil},
		{head + "\x88.", true},
		{head + "K\xff.", int64(255)},
		{head + "M\x01\x02.", int64(513)},
		{head + "J\xfe\xff\xff\xff.", int64(-2)},
		{head + "\x8a\x00.", int64(0)},
		{head + "\x8a\x02\x00\xff.", int64(-256)},
		{head + "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", new(big.Int).Lsh(big.NewInt(1), 64)},
		{head + "G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5},
		{head + "X\x02\x00\x00\x00\xc3\xa4.", "ä"},
		{head + "U\x01a.", "a"},
		{"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x01a\x94.", "a"},
		{"\x80\x03C\x02\xff\x00.", pickle.Bytes("\xff\x00")},
		{head + ").", pickle.Tuple{}},
		{head + "K\x01K\x02K\x03\x87.", pickle.Tuple{int64(1), int64(2), int64(3)}},
		{head + "(K\x01K\x02t.", pickle.Tuple{int64(1), int64(2)}},
		{head + "](K\x01K\x02eNa.", &pickle.List{Items: []any{int64(1), int64(2), nil}}},
		{head + "}(K\x01NX\x01\x00\x00\x00aNu.", &pickle.Dict{Entries: []pickle.Entry{{Key: int64(1)}, {Key: "a"}}}},
		{"\x80\x04\x8f(K\x01\x90.", &pickle.Set{Items: []any{int64(1)}}},
		{"\x80\x04(K\x01\x91.", &pickle.Set{Items: []any{int64(1)}}},
		{head + "K\x07q\x05h\x05\x86.", pickle.Tuple{int64(7), int64(7)}},
		{head + "(K\x01K\x021N.", nil},
		{head + "N(0.", nil},
		{head + "cos\nsystem\n.", pickle.Global{Module: "os", Name: "system"}},
		{"\x80\x04\x8c\x02os\x8c\x06system\x93.", pickle.Global{Module: "os", Name: "system"}},
		{head + "cm\nf\n)R}b.", &pickle.Object{Of: object.Of, State: &pickle.Dict{}}},
		{head + "cm\nf\n)RNb.", object},
		{head + "cm\nf\n)\x81.", object},
		{head + "K\x01Q.", "one"},
	} {
		got, err := decode(c.data, limit.Limits{})
		if err != nil {
			t.Errorf("%q: %v", c.data, err)
			continue
		}
		bigs := cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(pickle.Dict{}), cmpopts.EquateEmpty(), bigs); diff != "" {
			t.Errorf("%q: %s", c.data, diff)
		}
	}
}

// TestGet looks up keys in small and in large dictionaries.
func TestGet(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 100} {
		pairs := []string{pthtest.Int(-1), "N"}
		for i := range n {
			pairs = append(pairs, pthtest.Str(fmt.Sprint(i)), pthtest.Int(i))
		}
		v, err := decode(pthtest.Pickle(pthtest.Dict(pairs...)), limit.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		d := v.(*pickle.Dict)
		for i := range n + 1 {
			if got, ok := d.Get(fmt.Sprint(i)); ok != (i < n) || ok && got != any(int64(i)) {
				t.Errorf("%d entries: %d is %v, %v", n, i, got, ok)
			}
		}
		if n == 0 {
			continue
		}
		again := append(pairs, pthtest.Str(fmt.Sprint(n-1)), "N")
		if _, err := decode(pthtest.Pickle(pthtest.Dict(again...)), limit.Limits{}); err == nil {
			t.Errorf("%d entries: a key came twice", n)
		}
	}
}

// Every error names the offset and the opcode.
func TestErrors(t *testing.T) {
	str := pthtest.Str
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "offset 0x0: pickle: ends without the opcode STOP"},
		{"no PROTO", "N.", "offset 0x0: pickle: begins with the opcode NONE"},
		{"protocol 1", "\x80\x01N.", "offset 0x0: pickle opcode PROTO: protocol 1, allowed 2 to 4"},
		{"protocol 5", "\x80\x05N.", "protocol 5, allowed 2 to 4"},
		{"two PROTO", "\x80\x02\x80\x02N.", "offset 0x2: pickle opcode PROTO: comes again"},
		{"unknown opcode", "\x80\x02\xfe.", "offset 0x2: pickle: opcode 0xfe"},
		{"text opcode", "\x80\x02I1\n.", "opcode 0x49"},
		{"extension", "\x80\x02\x82\x01.", "opcode 0x82"},
		{"no STOP", "\x80\x02}", "offset 0x3: pickle: ends without"},
		{"after STOP", "\x80\x02N.N", "offset 0x4: pickle: 1 bytes after the opcode STOP"},
		{"two values", "\x80\x02NN.", "pickle opcode STOP: 2 values and 0 marks"},
		{"no value", "\x80\x02.", "pickle opcode STOP: 0 values"},
		{"open mark", "\x80\x02N(.", "1 values and 1 marks"},
		{"underflow", "\x80\x02R.", "pickle opcode REDUCE: takes 2 values from the stack, which has 0"},
		{"through a mark", "\x80\x02N(\x85.", "TUPLE1: takes 1 values"},
		{"no mark", "\x80\x02t.", "TUPLE: no mark"},
		{"memo", "\x80\x02h\xff.", "BINGET: the memo has no entry 255"},
		{"put of nothing", "\x80\x02q\x00.", "BINPUT: takes 1 values"},
		{"long string", "\x80\x02X\xff\xff\xff\x7f.", "BINUNICODE: 2147483647 bytes are wanted, 1 are left"},
		{"longer string", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "BINUNICODE8: 18446744073709551615 bytes"},
		{"not UTF-8", "\x80\x02X\x01\x00\x00\x00\xff.", `the string "\xff" is not UTF-8`},
		{"long integer", "\x80\x02\x8a\xff.", "LONG1: an integer of 255 bytes, allowed 16"},
		{"cut integer", "\x80\x02J\x00", "BININT: 4 bytes are wanted, 1 are left"},
		{"cut name", "\x80\x02cos\nsys", "GLOBAL: 1 bytes are wanted"},
		{"long name", "\x80\x02c" + strings.Repeat("x", 2000), "GLOBAL: a name of more than 1024 bytes"},
		{"call", "\x80\x02cos\nsystem\n" + str("x") + "\x85R.", "offset 0x14: pickle opcode REDUCE: would call os.system"},
		{"call of a value", "\x80\x02N)R.", "REDUCE: would call None"},
		{"call with a list", "\x80\x02cm\nf\n]R.", "REDUCE: would call m.f with a list"},
		{"NEWOBJ", "\x80\x02cos\nsystem\n)\x81.", "NEWOBJ: would call os.system"},
		{"NEWOBJ_EX", "\x80\x04cos\nsystem\n)}\x92.", "NEWOBJ_EX: would call os.system: refused"},
		{"INST", "\x80\x02(" + str("x") + "ios\nsystem\n.", "INST: would call os.system: refused"},
		{"OBJ", "\x80\x02(cos\nsystem\n" + str("x") + "o.", "OBJ: would call os.system: refused"},
		{"OBJ of nothing", "\x80\x02(o.", "OBJ: takes 1 value"},
		{"STACK_GLOBAL", "\x80\x04NN\x93.", "STACK_GLOBAL: takes None and None"},
		{"persistent ID", "\x80\x02K\x02Q.", "BINPERSID: unknown persistent ID"},
		{"SETITEM on a string", "\x80\x02" + str("x") + "NNs.", "SETITEM: changes a string, allowed a dictionary"},
		{"SETITEMS on a tuple", "\x80\x02)(NNu.", "SETITEMS: changes a tuple"},
		{"SETITEMS of a key", "\x80\x02}(Nu.", "SETITEMS: a key without a value"},
		{"key twice", "\x80\x02}(" + str("x") + "N" + str("x") + "Nu.", "the key x comes twice"},
		{"dictionary as key", "\x80\x02}}Ns.", "SETITEM: a dictionary as a dictionary's key"},
		{"list as key", "\x80\x02}]Ns.", "SETITEM: a list as a dictionary's key"},
		{"APPEND to a dictionary", "\x80\x02}Na.", "APPEND: changes a dictionary, allowed a list"},
		{"ADDITEMS to a list", "\x80\x04](N\x90.", "ADDITEMS: changes a list, allowed a set"},
		{"BUILD of a string", "\x80\x02" + str("x") + "}b.", "BUILD: changes a string"},
	} {
		_, err := decode(c.data, limit.Limits{})
		var e *errs.FormatError
		if !errors.As(err, &e) || e.Offset < 0 || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestLoops has values that contain themselves, or nest deeply.
func TestLoops(t *testing.T) {
	if _, err := decode("\x80\x02]q\x00h\x00a.", limit.Limits{}); err != nil {
		t.Error(err)
	}
	if _, err := decode("\x80\x02}q\x00K\x01h\x00s.", limit.Limits{}); err != nil {
		t.Error(err)
	}
	if _, err := decode("\x80\x02)"+strings.Repeat("\x85", 300_000)+".", limit.Limits{}); err != nil {
		t.Error(err)
	}
}

func TestLimit(t *testing.T) {
	data := "\x80\x02]" + strings.Repeat("Na", 50) + "."
	if _, err := decode(data, limit.Limits{Messages: 206}); err != nil {
		t.Error(err)
	}
	if _, err := decode(data, limit.Limits{Messages: 204}); err == nil || !strings.Contains(err.Error(), "more than the 102 opcodes") {
		t.Error(err)
	}
}

func FuzzPickle(f *testing.F) {
	files, _ := filepath.Glob("../../testdata/pytorch/*.legacy.pth")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8f(K\x01\x90."))
	f.Add([]byte(pthtest.Pickle(pthtest.Dict(pthtest.Str("a"), pthtest.Call(pthtest.Global("m", "f"))))))
	f.Fuzz(func(t *testing.T, data []byte) {
		// All pickles up to the first bad one.
		d := pickle.NewDecoder(strings.NewReader(string(data)), int64(len(data)), limit.Limits{Messages: 10_000})
		for {
			before := d.Offset()
			v, err := d.Decode(env{})
			if d.Offset() > int64(len(data)) {
				t.Fatalf("read %d of %d bytes", d.Offset(), len(data))
			}
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Fatalf("not one line: %q", err)
				}
				return
			}
			pickle.TypeName(v)
			if d.Offset() == before {
				t.Fatal("no progress")
			}
		}
	})
}
