package zipfile_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/testdisk"
	"github.com/mixconv/mixconv/internal/zipfile"
	"github.com/mixconv/mixconv/limit"
)

// disk has only the bytes from one place to another; who reads others is told.
type disk struct {
	data     []byte
	from, to int64
}

func (d *disk) ReadAt(p []byte, at int64) (int, error) {
	if at < d.from || at+int64(len(p)) > d.to {
		return 0, testdisk.ErrGone
	}
	return copy(p, d.data[at:]), nil
}

// large has a member that does not fit into the first read, of the archive's end.
func large(t *testing.T, method uint16, descriptors bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	content := bytes.Repeat([]byte("0123456789abcdef"), 5000)
	for _, name := range []string{"first", "second"} {
		create := w.CreateHeader
		header := &zip.FileHeader{Name: name, Method: method}
		if !descriptors {
			header.CRC32, create = crc32.ChecksumIEEE(content), w.CreateRaw
			header.CompressedSize64, header.UncompressedSize64 = uint64(len(content)), uint64(len(content))
		}
		f, err := create(header)
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDiskFails: an error of the file comes through, whatever was read when it came.
func TestDiskFails(t *testing.T) {
	for name, data := range map[string][]byte{
		"small": archive(t, zip.Store, false), "zip64": with64(archive(t, zip.Store, false)), "stored": large(t, zip.Store, false),
		"large zip64": with64(large(t, zip.Store, false)), "descriptors": large(t, zip.Store, true), "deflated": large(t, zip.Deflate, true),
	} {
		size := int64(len(data))
		for at := range size {
			if at > 60 && at < size-400 && at%997 != 0 {
				continue
			}
			for _, d := range []*disk{{data, 0, at}, {data, at + 1, size}} {
				if err := readMembers(d, size); !errors.Is(err, testdisk.ErrGone) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s, bytes %d to %d: %v", name, d.from, d.to, err)
				}
				if _, err := zipfile.Names(d, size, 10); err != nil && !errors.Is(err, testdisk.ErrGone) {
					t.Errorf("%s, bytes %d to %d, names: %v", name, d.from, d.to, err)
				}
			}
		}
		testdisk.EachRead(t, name, data, readMembers)
		testdisk.EachRead(t, name+", names", data, func(r io.ReaderAt, size int64) error {
			_, err := zipfile.Names(r, size, 10)
			return err
		})
		if _, err := zipfile.Open(bytes.NewReader(data), size+1, limit.Limits{}); err == nil {
			t.Errorf("%s: read as if it had a byte more", name)
		}
	}
}

func readMembers(r io.ReaderAt, size int64) error {
	a, err := zipfile.Open(r, size, limit.Limits{})
	if err != nil {
		return err
	}
	for _, m := range a.Members {
		if _, err := io.Copy(io.Discard, a.Open(m)); err != nil {
			return err
		}
	}
	return nil
}
