// Package pthtest writes pickles and .pth files for tests, good and bad ones,
// opcode by opcode.
package pthtest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// Stop ends a pickle.
const Stop = "."

// Pickle is a whole pickle of protocol 2 that holds one value.
func Pickle(value string) string { return "\x80\x02" + value + Stop }

// The functions below give the opcodes that push a value.

// Str pushes a string.
func Str(s string) string { return "X" + length(len(s)) + s }

// Int pushes an integer.
func Int(n int) string { return "J" + length(n) }

// Global pushes a name.
func Global(module, name string) string { return "c" + module + "\n" + name + "\n" }

// Tuple pushes a tuple of values.
func Tuple(values ...string) string { return "(" + strings.Join(values, "") + "t" }

// List pushes a list of values.
func List(values ...string) string { return "](" + strings.Join(values, "") + "e" }

// Dict pushes a dictionary of alternating keys and values.
func Dict(pairs ...string) string { return "}(" + strings.Join(pairs, "") + "u" }

// Call pushes what calling a function gives.
func Call(function string, args ...string) string { return function + Tuple(args...) + "R" }

// Ints pushes a tuple of integers.
func Ints(values ...int) string {
	var items []string
	for _, v := range values {
		items = append(items, Int(v))
	}
	return Tuple(items...)
}

// Storage pushes a storage of a class such as FloatStorage.
func Storage(class, key string, elements int) string {
	return Tuple(Str("storage"), Global("torch", class), Str(key), Str("cpu"), Int(elements)) + "Q"
}

// Tensor pushes a view of a storage.
func Tensor(storage string, offset int, size, stride []int) string {
	hooks := Call(Global("collections", "OrderedDict"))
	return Call(Global("torch._utils", "_rebuild_tensor_v2"),
		storage, Int(offset), Ints(size...), Ints(stride...), "\x89", hooks)
}

func length(n int) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

// Zip is an archive of members, alternately their names and data, none of them
// compressed.
func Zip(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := z.CreateHeader(&zip.FileHeader{Name: members[i], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// File is a .pth file of one pickled value and storages, keyed "0", "1" and so
// on.
func File(t testing.TB, value string, storages ...string) []byte {
	t.Helper()
	members := []string{"a/data.pkl", Pickle(value)}
	for i, s := range storages {
		members = append(members, "a/data/"+string(rune('0'+i)), s)
	}
	return Zip(t, members...)
}

// Object pushes an object of a class with attributes, as a class without a
// __new__ of its own is pickled.
func Object(class string, attributes ...string) string {
	return class + ")\x81" + Dict(attributes...) + "b"
}

// Array is a float32 tensor of a state_dict.
type Array struct {
	Name  string
	Shape []int
	Data  []float32
}

// State is the pairs of a dictionary of arrays whose names begin with a prefix,
// for Dict, and the bytes of the storage that all of them are views of, which
// has that key.
func State(key, prefix string, arrays []Array) (pairs []string, storage string) {
	var data []byte
	total := 0
	for _, a := range arrays {
		total += len(a.Data)
	}
	at := 0
	for _, a := range arrays {
		pairs = append(pairs, Str(prefix+a.Name), Tensor(Storage("FloatStorage", key, total), at, a.Shape, rowMajor(a.Shape)))
		for _, v := range a.Data {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		at += len(a.Data)
	}
	return pairs, string(data)
}

// Shapes is the pairs of a dictionary of float32 tensors that are all views of
// the one element of a storage: for tests that look at shapes alone.
func Shapes(key, prefix string, arrays []Array) []string {
	var pairs []string
	for _, a := range arrays {
		pairs = append(pairs, Str(prefix+a.Name), Tensor(Storage("FloatStorage", key, 1), 0, a.Shape, make([]int, len(a.Shape))))
	}
	return pairs
}

func rowMajor(shape []int) []int {
	strides := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = step
		step *= shape[i]
	}
	return strides
}
