package npy_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

func arrays() map[string]*tensor.Tensor {
	return map[string]*tensor.Tensor{
		"a":   tensor.Of([]float64{0, 1, 2}, 3),
		"b/c": tensor.Of([]int16{0, 1, 2, 3}, 4),
	}
}

// The archives of testdata/numpy were written by NumPy 2.4.6.
func TestReadNumPyArchive(t *testing.T) {
	for _, name := range []string{"stored.npz", "deflated.npz"} {
		got, err := npy.ReadArchive(filepath.Join("testdata", "numpy", name), limit.Limits{})
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(arrays(), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWriteArchive(t *testing.T) {
	write := func() []byte {
		var b bytes.Buffer
		if err := npy.WriteArchive(&b, arrays()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := write()
	if !bytes.Equal(first, write()) {
		t.Error("two writes differ")
	}
	got, err := readAny("x.npz", first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(arrays(), got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"", "../x", `..\x`, "a\x00b", "\xff"} {
		if npy.WriteArchive(&bytes.Buffer{}, map[string]*tensor.Tensor{name: tensor.Of([]uint8{1}, 1)}) == nil {
			t.Errorf("name %q was written", name)
		}
	}
}

// A flipped bit is an error or, in the fields that nobody reads (times,
// versions, attributes), changes nothing.
func TestFlippedBits(t *testing.T) {
	for _, name := range []string{"stored.npz", "deflated.npz"} {
		data, err := os.ReadFile(filepath.Join("testdata", "numpy", name))
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(data) {
			data[bit/8] ^= 1 << (bit % 8)
			if got, err := readAny(name, data); err == nil && !cmp.Equal(arrays(), got) {
				t.Errorf("%s: bit %d of byte %#x changes the arrays to %v", name, bit%8, bit/8, got)
			}
			data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// deflated is an archive of one member that unpacks to n zeros after a header.
func deflated(t *testing.T, n int) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("a.npy")
	if err != nil {
		t.Fatal(err)
	}
	if err := npy.Write(f, tensor.New(tensor.Uint8, n)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBomb(t *testing.T) {
	small := deflated(t, 1<<20)
	if _, err := readAny("x.npz", small); err != nil {
		t.Error(err)
	}
	bomb := deflated(t, 80<<20)
	if _, err := readAny("x.npz", bomb); err == nil {
		t.Errorf("%d bytes unpacked to 80 MiB", len(bomb))
	}
	// The same, but both headers claim 1 kB.
	for _, at := range []int{bytes.Index(bomb, []byte("PK\x01\x02")) + 24, len(bomb) - 22 - 5 - 46 + 24} {
		binary.LittleEndian.PutUint32(bomb[at:], 1<<10)
	}
	if _, err := readAny("x.npz", bomb); err == nil {
		t.Error("a bomb that lies about its size was read")
	}
}

// TestManyMembers: a small array in an archive costs little more than itself.
func TestManyMembers(t *testing.T) {
	const members = 3000
	all := map[string]*tensor.Tensor{}
	for i := range members {
		all[strconv.Itoa(i)] = tensor.New(tensor.Float32, 2)
	}
	var file bytes.Buffer
	if err := npy.WriteArchive(&file, all); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := npy.DecodeArchive(bytes.NewReader(file.Bytes()), int64(file.Len()), limit.Limits{})
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != members {
		t.Fatalf("%d arrays, %v", len(got), err)
	}
	if each := (after.TotalAlloc - before.TotalAlloc) / members; each > 16<<10 {
		t.Errorf("%d bytes allocated for each array of 8 bytes", each)
	}
}

func FuzzNpy(f *testing.F) {
	for _, pattern := range []string{"testdata/*.np[yz]", "testdata/numpy/*"} {
		files, _ := filepath.Glob(pattern)
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	// What is read must survive a round trip.
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, err := npy.Read("x", data, limit.Limits{}); err == nil {
			var b bytes.Buffer
			if err := npy.Write(&b, x); err != nil {
				t.Fatal(err)
			}
			again, err := npy.Read("x", b.Bytes(), limit.Limits{})
			if err != nil || again.DType != x.DType || !again.Shape.Equal(x.Shape) {
				t.Fatalf("round trip: %v", err)
			}
		}
		m, err := npy.DecodeArchive(bytes.NewReader(data), int64(len(data)), limit.Limits{})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := npy.WriteArchive(&b, m); err != nil {
			t.Fatal(err)
		}
		if again, err := readAny("x.npz", b.Bytes()); err != nil || len(again) != len(m) {
			t.Fatalf("round trip: %v", err)
		}
	})
}
