package zipfile_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/zipfile"
	"github.com/mixconv/mixconv/limit"
)

var le = binary.LittleEndian

// archive has two members, stored or deflated, with data descriptors as Go
// writes them or without.
func archive(t testing.TB, method uint16, descriptors bool) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"aa", "bb"} {
		header := &zip.FileHeader{Name: name, Method: method}
		create := w.CreateHeader
		data := []byte("data of " + name)
		if !descriptors {
			header.CRC32 = crc32.ChecksumIEEE(data)
			header.CompressedSize64, header.UncompressedSize64 = uint64(len(data)), uint64(len(data))
			create = w.CreateRaw
		}
		f, err := create(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(data []byte, lim limit.Limits) (map[string]string, error) {
	a, err := zipfile.Open(bytes.NewReader(data), int64(len(data)), lim)
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	for _, m := range a.Members {
		b, err := io.ReadAll(a.Open(m))
		if err != nil {
			return nil, err
		}
		got[m.Name] = string(b)
	}
	return got, nil
}

// with64 replaces the end record's numbers by those of a zip64 end record.
func with64(data []byte) []byte {
	at := len(data) - 22
	end := bytes.Clone(data[at:])
	data = bytes.Clone(data[:at])
	record := make([]byte, 56)
	le.PutUint32(record, 0x06064b50)
	le.PutUint64(record[4:], 44)
	le.PutUint64(record[24:], uint64(le.Uint16(end[10:])))
	le.PutUint64(record[32:], uint64(le.Uint16(end[10:])))
	le.PutUint64(record[40:], uint64(le.Uint32(end[12:])))
	le.PutUint64(record[48:], uint64(le.Uint32(end[16:])))
	locator := make([]byte, 20)
	le.PutUint32(locator, 0x07064b50)
	le.PutUint64(locator[8:], uint64(at))
	le.PutUint32(locator[16:], 1)
	for i := 8; i < 20; i++ {
		end[i] = 0xff
	}
	return append(append(append(data, record...), locator...), end...)
}

func TestRead(t *testing.T) {
	for name, data := range map[string][]byte{
		"stored":   archive(t, zip.Store, false),
		"deflated": archive(t, zip.Deflate, true),
		"zip64":    with64(archive(t, zip.Store, true)),
	} {
		got, err := read(data, limit.Limits{})
		if err != nil || len(got) != 2 || got["aa"] != "data of aa" || got["bb"] != "data of bb" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		// Every flip is an error or changes nothing that is read.
		for bit := range 8 * len(data) {
			data[bit/8] ^= 1 << (bit % 8)
			if got, err := read(data, limit.Limits{}); err == nil && (len(got) != 2 || got["aa"] != "data of aa" || got["bb"] != "data of bb") {
				t.Errorf("%s: bit %d of byte %#x changes the contents to %v", name, bit%8, bit/8, got)
			}
			data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestBad(t *testing.T) {
	good := archive(t, zip.Store, false)
	second := bytes.LastIndex(good, []byte("PK\x03\x04"))
	central := bytes.Index(good, []byte("PK\x01\x02"))
	central2 := bytes.LastIndex(good, []byte("PK\x01\x02"))
	end := len(good) - 22
	edit := func(at int, b ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[at:], b)
		return data
	}
	rename := func(name string) []byte { return bytes.ReplaceAll(good, []byte("bb"), []byte(name)) }
	// A byte between the members, with all offsets after it put right.
	gap := append(append(bytes.Clone(good[:second]), 0), good[second:]...)
	gap[central2+1+42]++
	gap[end+1+16]++
	for _, c := range []struct {
		want string
		data []byte
	}{
		{"no end of central directory", nil},
		{"no end of central directory", good[:len(good)-1]},
		{"belong to no member", gap},
		{"gaps and overlaps", edit(central+42, 1)},
		{"5 bytes up to the next record", edit(central2+42, 5)},
		{"encrypted", edit(central+8, 1)},
		{"compression method 9", edit(central+10, 9)},
		{"10 bytes packed and 11 unpacked", edit(central+24, 11)},
		{"differs from the central directory", edit(second+30, 'x')},
		{"differs from the central directory", edit(second+14, ^good[second+14])},
		{"the name comes twice", rename("aa")},
		{`the name contains ".."`, rename("..")},
		{"the name contains NUL", rename("b\x00")},
		{"the name is not UTF-8", rename("b\xff")},
		{"split over several disks", edit(end+4, 1)},
		{"comment of 1 bytes, found 0", edit(end+20, 1)},
		{"no such record before its locator", edit(end+10, 0xff, 0xff)},
		{"zip64 sizes are missing", edit(central+20, 0xff, 0xff, 0xff, 0xff)},
		{"2 members in the central directory, 1 recorded", edit(end+10, 1)},
		{"9 members in a central directory", edit(end+10, 9)},
		{"no member header", edit(central2, 'X')},
		{"should end at", edit(end+12, 1)},
		{"CRC-32", edit(second+32, 'X')},
		{"2 members, allowed 1", good},
	} {
		lim := limit.Limits{}
		if strings.HasSuffix(c.want, "allowed 1") {
			lim.Nodes = 1
		}
		_, err := read(c.data, lim)
		var format *errs.FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want a FormatError with %q", err, c.want)
		}
	}
}

// TestStandardIsLax is why this package exists: archive/zip reads all of these, and does
// not show a local header, so that no check around it finds them. Another program may
// read other members out of the same bytes. When this test fails, the package may go.
func TestStandardIsLax(t *testing.T) {
	good := archive(t, zip.Store, false)
	second := bytes.LastIndex(good, []byte("PK\x03\x04"))
	central := bytes.Index(good, []byte("PK\x01\x02"))
	edit := func(at int, b byte) []byte {
		data := bytes.Clone(good)
		data[at] = b
		return data
	}
	for what, data := range map[string][]byte{
		"a local header of another name":   edit(second+30, 'x'),
		"a local header of another CRC-32": edit(second+14, ^good[second+14]),
		"an encrypted member":              edit(central+8, 1),
		"bytes before the first member":    append([]byte("#!/bin/sh\n"), good...),
		"another name by one bit":          edit(central+46, 'a'^1),
	} {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: archive/zip says %v", what, err)
			continue
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if err != nil {
				t.Errorf("%s: archive/zip says %v", what, err)
			}
		}
		if got, err := read(data, limit.Limits{}); err == nil {
			t.Errorf("%s: %v was read", what, got)
		}
	}
}
