package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixconv/mixconv/convert/torch/internal/safetensors"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

func file(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func read(data []byte, lim limit.Limits) (map[string]*tensor.Tensor, error) {
	f, err := safetensors.Open(bytes.NewReader(data), int64(len(data)), lim)
	if err != nil {
		return nil, err
	}
	tensors := map[string]*tensor.Tensor{}
	for _, info := range f.Tensors {
		if tensors[info.Name], err = f.Load(info); err != nil {
			return nil, err
		}
	}
	return tensors, nil
}

func TestRead(t *testing.T) {
	header := `{"__metadata__":{"format":"pt"},
		"b\u00e4":{"dtype":"I16","shape":[2],"data_offsets":[1,5]},
		"a":{"shape":[],"data_offsets":[0,1],"dtype":"BOOL"},
		"none":{"dtype":"F64","shape":[3,0],"data_offsets":[5,5]},
		"half":{"dtype":"F16","shape":[1,1],"data_offsets":[5,7]}}   `
	got, err := read(file(header, 1, 1, 2, 3, 4, 0, 0x3c), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*tensor.Tensor{
		"bä": tensor.Of([]int16{0x0201, 0x0403}, 2), "a": tensor.Of([]bool{true}), "none": tensor.Of([]float64{}, 3, 0),
		"half": {DType: tensor.Float16, Shape: tensor.Shape{1, 1}, Data: []uint16{0x3c00}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if empty, err := read(file("{}"), limit.Limits{}); err != nil || len(empty) != 0 {
		t.Errorf("%v, %v", empty, err)
	}
}

func TestErrors(t *testing.T) {
	one := func(info string) string { return `{"a":{` + info + `}}` }
	const good = `"dtype":"F32","shape":[1],"data_offsets":[0,4]`
	if _, err := read(file(one(good), 0, 0, 0, 0), limit.Limits{}); err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) string { return one(strings.Replace(good, old, new, 1)) }
	dims := strings.Repeat("1,", 64) + "1"
	for _, c := range []struct{ name, header, want string }{
		{"another byte", one(good), "bytes after the last tensor"},
		{"array", "[]", "allowed {"},
		{"leading space", " {}", "allowed {"},
		{"NUL padding", "{}\x00", "text after the end"},
		{"newline padding", "{}\n ", ""},
		{"not UTF-8", "{\"\xff\":1}", "byte 0xff is not UTF-8"},
		{"empty name", `{"":{` + good + `}}`, "is empty"},
		{"NUL in a name", `{"a\u0000":{` + good + `}}`, "contains NUL"},
		{"long name", `{"` + strings.Repeat("a", 2000) + `":{` + good + `}}`, "is longer than the limit"},
		{"tensor is a number", `{"a":1}`, "allowed {"},
		{"twice", `{"a":{` + good + `},"a":{` + good + `}}`, "the key a comes twice"},
		{"key twice", one(good + `,"dtype":"F32"`), "the key dtype comes twice"},
		{"unknown key", one(good + `,"strides":[1]`), "unknown key strides"},
		{"key missing", one(`"dtype":"F32","shape":[1]`), "2 of the 3 keys"},
		{"one offset", swap("[0,4]", "[0]"), "data_offsets has 1 numbers"},
		{"three offsets", swap("[0,4]", "[0,4,4]"), "more than 2 numbers"},
		{"negative", swap("[0,4]", "[-4,0]"), `found -4,`},
		{"fraction", swap("[0,4]", "[0,4.0]"), "found 4.0]"},
		{"exponent", swap("[0,4]", "[0,4e0]"), "found 4e0]"},
		{"string", swap("[0,4]", `["0",4]`), "allowed is an integer"},
		{"2^64", swap("[0,4]", "[0,18446744073709551616]"), "allowed is an integer"},
		{"reversed", swap("[0,4]", "[4,0]"), "data_offsets are 4 to 0"},
		{"hole", swap("[0,4]", "[1,5]"), "data_offsets begin at 1, the tensor before ends at 0"},
		{"past the end", swap("[1],\"data_offsets\":[0,4]", "[9],\"data_offsets\":[0,36]"), "data_offsets end at 36, but there are 5"},
		{"too big", swap("[1]", "[1000,1000]"), "takes 4000000 bytes"},
		{"wraps", swap("[1]", "[4294967296,4294967296]"), "overflow"},
		{"rank 65", swap("[1]", "["+dims+"]"), "more than 64 numbers"},
		{"dtype", swap("F32", "F33"), "dtype is F33"},
		{"packed", swap("F32", "F4"), "dtype is F4"},
		{"metadata", `{"__metadata__":{"a":1}}`, `allowed "`},
		{"boolean", `{"a":{"dtype":"BOOL","shape":[5],"data_offsets":[0,5]}}`, "element 4 is the boolean 2"},
		{"deep", "{" + strings.Repeat("[", 200_000), `allowed "`},
		{"cut", `{"a":{"dtype":"F32`, "a string without an end"},
	} {
		_, err := read(file(c.header, 0, 0, 0, 0, 2), limit.Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "offset 0x") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `,"%d":{"dtype":"U8","shape":[1],"data_offsets":[%d,%d]}`, i, i, i+1)
	}
	data := file("{"+b.String()[1:]+"}", make([]byte, 100)...)
	for _, c := range []struct {
		lim limit.Limits
		ok  bool
	}{
		{limit.Limits{}, true},
		{limit.Limits{Nodes: 100}, true}, {limit.Limits{Nodes: 99}, false},
		{limit.Limits{TotalBytes: 100}, true}, {limit.Limits{TotalBytes: 99}, false},
	} {
		if _, err := read(data, c.lim); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.lim, err)
		}
	}
	wide := file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 8)...)
	if _, err := read(wide, limit.Limits{TensorBytes: 7}); err == nil {
		t.Error("a tensor above the limit was read")
	}
}

// TestTruncated cuts a file at every byte.
func TestTruncated(t *testing.T) {
	data, err := os.ReadFile("../../testdata/bad/control.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := read(data[:n], limit.Limits{}); err == nil {
			t.Errorf("the first %d of %d bytes were read", n, len(data))
		}
	}
}

func FuzzSafetensors(f *testing.F) {
	for _, pattern := range []string{"pytorch/*.safetensors", "bad/*.safetensors"} {
		files, _ := filepath.Glob("../../testdata/" + pattern)
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, err := read(data, limit.Limits{})
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("not one line: %q", err)
		}
		var total int64
		for _, x := range tensors {
			_, n, err := tensor.Size(x.DType, x.Shape)
			if total += n; err != nil || total > int64(len(data)) {
				t.Fatalf("%d bytes of tensors in %d: %v", total, len(data), err)
			}
		}
	})
}
