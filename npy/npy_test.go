package npy_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// npyBytes is a version 1.0 file with this header text and data.
func npyBytes(text string, data ...byte) []byte {
	b := append([]byte("\x93NUMPY"), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(append(b, text...), data...)
}

func iota32(n int) []int32 {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(i)
	}
	return v
}

// The files of testdata/numpy were written by NumPy 2.4.6.
func TestReadNumPy(t *testing.T) {
	rank4 := make([]uint8, 24)
	for i := range rank4 {
		rank4[i] = uint8(i)
	}
	half := tensor.New(tensor.Float16)
	tensor.Data[uint16](half)[0] = 0xbe00
	want := map[string]*tensor.Tensor{
		"float32":                  tensor.Of([]float32{0, .25, .5, .75, 1, 1.25}, 2, 3),
		"float16_scalar":           half,
		"int64_empty":              tensor.Of([]int64{}, 3, 0, 2),
		"bool":                     tensor.Of([]bool{true, false, true}, 3),
		"complex128":               tensor.Of([]complex128{1 + 2i, -3.5i}, 2),
		"uint8_rank4":              tensor.Of(rank4, 1, 2, 3, 4),
		"fortran_big_endian_int32": tensor.Of(iota32(24), 2, 3, 4),
	}
	for name, want := range want {
		path := filepath.Join("testdata", "numpy", name+".npy")
		got, err := npy.ReadFile(path, limit.Limits{})
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if strings.HasPrefix(name, "fortran") {
			continue // written row-major and little-endian
		}
		var b bytes.Buffer
		if err := npy.Write(&b, got); err != nil {
			t.Error(err)
		}
		if numpys, _ := os.ReadFile(path); !bytes.Equal(b.Bytes(), numpys) {
			t.Errorf("%s: written bytes differ from NumPy's", name)
		}
	}
}

func TestRoundTripOfEveryType(t *testing.T) {
	nan := math.Float32frombits(0x7f801234) // a signalling NaN keeps its payload
	for _, want := range []*tensor.Tensor{
		tensor.Of([]float32{nan, float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 1e-45}, 2, 2),
		tensor.Of([]float64{math.Pi, math.SmallestNonzeroFloat64}, 2),
		tensor.Of([]int8{-128, 127}, 2), tensor.Of([]int16{-1 << 15}, 1), tensor.Of([]int32{-1 << 31}, 1),
		tensor.Of([]int64{-1 << 63, 1<<63 - 1}, 2), tensor.Of([]uint8{255}, 1), tensor.Of([]uint16{1 << 15}, 1),
		tensor.Of([]uint32{1<<32 - 1}, 1), tensor.Of([]uint64{1<<64 - 1}, 1), tensor.Of([]bool{true}, 1),
		tensor.Of([]complex64{1 - 2i}, 1), tensor.Of([]complex128{3i}, 1),
		{DType: tensor.BFloat16, Shape: tensor.Shape{2}, Data: []uint16{0x3f80, 0xc000}},
		{DType: tensor.Float16, Shape: tensor.Shape{1, 1}, Data: []uint16{0x3c00}},
	} {
		var b bytes.Buffer
		if err := npy.Write(&b, want); err != nil {
			t.Error(err)
			continue
		}
		got, err := npy.Read("x.npy", b.Bytes(), limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", want.DType, err)
			continue
		}
		bits := cmp.Transformer("bits", func(f float32) uint32 { return math.Float32bits(f) })
		if diff := cmp.Diff(want, got, bits); diff != "" {
			t.Errorf("%s: %s", want.DType, diff)
		}
	}
	if err := npy.Write(&bytes.Buffer{}, tensor.Of([]string{"a"}, 1)); err == nil {
		t.Error("a string tensor was written")
	}
}

func TestBadFiles(t *testing.T) {
	const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n"
	with := func(old, new string) []byte { return npyBytes(strings.Replace(good, old, new, 1), 0, 0, 0, 0) }
	if _, err := npy.Read("good", npyBytes(good, 0, 0, 0, 0), limit.Limits{}); err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{
		"empty":               {},
		"magic only":          []byte("\x93NUMPY"),
		"html":                []byte("<!doctype html><html></html>"),
		"header 2^32-1":       append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), make([]byte, 60)...),
		"version 1.1":         append([]byte("\x93NUMPY\x01\x01"), npyBytes(good)[8:]...),
		"shape 2^40":          with("(1,)", "(1099511627776,)"),
		"shape 2^64":          with("(1,)", "(18446744073709551616,)"),
		"product wraps":       with("(1,)", "(4294967296, 4294967296)"),
		"negative":            with("(1,)", "(-1,)"),
		"float dimension":     with("(1,)", "(1.0,)"),
		"True dimension":      with("(1,)", "(True,)"),
		"number, no tuple":    with("(1,)", "(1)"),
		"data short":          npyBytes(good, 0, 0, 0),
		"data long":           npyBytes(good, 0, 0, 0, 0, 0),
		"object":              with("<f4", "|O"),
		"code":                with("'<f4'", "__import__('os').system('true')"),
		"nested parentheses":  with("(1,)", strings.Repeat("(", 5000)+strings.Repeat(")", 5000)),
		"extra key":           with("'shape'", "'x': 1, 'shape'"),
		"key twice":           with("'shape'", "'descr': '<f4', 'shape'"),
		"key missing":         with("'fortran_order': False, ", ""),
		"structured":          with("'<f4'", "[('a', '<f4')]"),
		"text":                with("<f4", "<U1"),
		"rank 65":             with("(1,)", "("+strings.Repeat("1, ", 65)+")"),
		"no byte order":       with("<f4", "f4"),
		"not closed":          with(", }", ""),
		"text after }":        with("}", "} {"),
		"escape in a string":  with("<f4", `\x3cf4`),
		"boolean 2":           npyBytes(strings.Replace(good, "<f4", "|b1", 1), 2),
		"fortran_order of 0":  with("False", "0"),
		"no colon":            with("'shape':", "'shape'"),
		"no opening brace":    with("{", ""),
		"negative after zero": with("(1,)", "(0, -1)"),
	}
	for name, data := range bad {
		checkBad(t, name, func() error { _, err := npy.Read(name, data, limit.Limits{}); return err })
	}
}

// checkBad wants a FormatError of one line that begins with the file's name.
func checkBad(t *testing.T, name string, f func() error) {
	t.Helper()
	err := f()
	var format *errs.FormatError
	if !errors.As(err, &format) {
		t.Errorf("%s: error %v, want a FormatError", name, err)
		return
	}
	if msg := err.Error(); strings.Contains(msg, "\n") || !strings.HasPrefix(msg, errs.Quote(name)) || len(msg) > 600 {
		t.Errorf("%s: message %q", name, msg)
	}
}

// testdata has one file per kind of damage, and good ones that look odd.
func TestCatalogue(t *testing.T) {
	good := map[string]*tensor.Tensor{
		"control.npy":    tensor.Of([]float32{0, 0}, 2),
		"big_endian.npy": tensor.Of([]float32{1}, 1),
		"fortran.npy":    tensor.Of([]float32{0, 0}, 2, 1),
		"control.npz":    tensor.Of([]float32{0, 0}, 2),
	}
	files, err := filepath.Glob("testdata/*.np[yz]")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		read := func() (*tensor.Tensor, error) {
			if strings.HasSuffix(path, ".npy") {
				return npy.ReadFile(path, limit.Limits{})
			}
			m, err := npy.ReadArchive(path, limit.Limits{})
			return m["a"], err
		}
		want := good[filepath.Base(path)]
		if want == nil {
			checkBad(t, path, func() error { _, err := read(); return err })
			continue
		}
		got, err := read()
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestTruncated(t *testing.T) {
	for _, name := range []string{"float32.npy", "stored.npz", "deflated.npz"} {
		data, err := os.ReadFile(filepath.Join("testdata", "numpy", name))
		if err != nil {
			t.Fatal(err)
		}
		for n := range data {
			if _, err := readAny(name, data[:n]); err == nil {
				t.Errorf("%s: the first %d of %d bytes were read", name, n, len(data))
			}
		}
	}
}

func readAny(name string, data []byte) (map[string]*tensor.Tensor, error) {
	if strings.HasSuffix(name, ".npz") {
		return npy.DecodeArchive(bytes.NewReader(data), int64(len(data)), limit.Limits{})
	}
	t, err := npy.Read(name, data, limit.Limits{})
	return map[string]*tensor.Tensor{"": t}, err
}

// A limit on bytes is enforced before anything is allocated.
func TestLimits(t *testing.T) {
	path := filepath.Join("testdata", "numpy", "float32.npy")
	for _, lim := range []limit.Limits{{FileBytes: 100}, {TensorBytes: 23}} {
		checkBad(t, path, func() error { _, err := npy.ReadFile(path, lim); return err })
	}
	checkBad(t, "testdata", func() error { _, err := npy.ReadFile("testdata", limit.Limits{}); return err })
	if _, err := npy.ReadFile("testdata/none.npy", limit.Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func ExampleRead() {
	_, err := npy.Read("weights.npy", npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 0, 0), limit.Limits{})
	fmt.Println(err)
	// Output: weights.npy: offset 0x46: data: shape [2 3] of float32 takes 24 bytes, the file has 2
}

// TestWriteWrong: an array that a caller put together wrong is not written.
func TestWriteWrong(t *testing.T) {
	for name, wrong := range map[string]*tensor.Tensor{
		"none":       nil,
		"no data":    {DType: tensor.Float32, Shape: tensor.Shape{2}},
		"short":      {DType: tensor.Float32, Shape: tensor.Shape{2}, Data: []float32{1}},
		"long":       {DType: tensor.Float32, Shape: tensor.Shape{2}, Data: []float32{1, 2, 3}},
		"other type": {DType: tensor.Float32, Shape: tensor.Shape{2}, Data: []float64{1, 2}},
		"negative":   {DType: tensor.Float32, Shape: tensor.Shape{-2}, Data: []float32{1, 2}},
	} {
		var b bytes.Buffer
		if err := npy.Write(&b, wrong); err == nil || b.Len() > 0 {
			t.Errorf("%s: %d bytes, error %v", name, b.Len(), err)
		}
		if err := npy.WriteArchive(&b, map[string]*tensor.Tensor{"a": wrong}); err == nil {
			t.Errorf("%s: an archive has it", name)
		}
	}
}
