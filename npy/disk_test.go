package npy_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/internal/testdisk"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

var errDisk = errors.New("the disk is full")

// fullDisk has room for so many bytes.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	if d.room -= n; n < len(p) {
		return n, errDisk
	}
	return n, nil
}

// TestDiskIsFull: an array or archive that does not fit is an error, wherever it ends.
func TestDiskIsFull(t *testing.T) {
	large := tensor.New(tensor.Float32, 5000)
	for name, write := range map[string]func(d *fullDisk) error{
		"array":         func(d *fullDisk) error { return npy.Write(d, large) },
		"booleans":      func(d *fullDisk) error { return npy.Write(d, tensor.Of([]bool{true, false}, 2)) },
		"archive":       func(d *fullDisk) error { return npy.WriteArchive(d, arrays()) },
		"large archive": func(d *fullDisk) error { return npy.WriteArchive(d, map[string]*tensor.Tensor{"a": large, "b": large}) },
	} {
		room := 0
		for ; ; room++ {
			err := write(&fullDisk{room})
			if err == nil {
				break
			}
			if !errors.Is(err, errDisk) {
				t.Fatalf("%s, %d bytes: %v", name, room, err)
			}
			if room > 200 {
				room += 211
			}
		}
		if room < 100 {
			t.Errorf("%s fits in %d bytes", name, room)
		}
	}
}

// TestDiskFails: an error of the file comes through, whatever was read when it came.
func TestDiskFails(t *testing.T) {
	var made bytes.Buffer
	if err := npy.WriteArchive(&made, map[string]*tensor.Tensor{"a": tensor.New(tensor.Float32, 50_000), "b": tensor.New(tensor.Bool, 50_000)}); err != nil {
		t.Fatal(err)
	}
	archives := map[string][]byte{"large": made.Bytes()}
	for _, name := range []string{"stored.npz", "deflated.npz"} {
		data, err := os.ReadFile(filepath.Join("testdata", "numpy", name))
		if err != nil {
			t.Fatal(err)
		}
		archives[name] = data
	}
	for name, data := range archives {
		testdisk.EachRead(t, name, data, func(r io.ReaderAt, size int64) error {
			_, err := npy.DecodeArchive(r, size, limit.Limits{})
			return err
		})
	}
	if _, err := npy.ReadArchive(filepath.Join("testdata", "none.npz"), limit.Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
