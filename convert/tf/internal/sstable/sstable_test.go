package sstable_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"

	"github.com/mixconv/mixconv/convert/tf/internal/bundletest"
	"github.com/mixconv/mixconv/convert/tf/internal/sstable"
	"github.com/mixconv/mixconv/errs"
)

func pairs(n int) []bundletest.Pair {
	list := []bundletest.Pair{{Key: []byte{}, Value: []byte("header")}}
	for i := range n {
		list = append(list, bundletest.Pair{
			Key:   fmt.Appendf(nil, "net/blocks_%02d/kernel", i),
			Value: bytes.Repeat([]byte{byte(i)}, i%7),
		})
	}
	return list
}

func read(table []byte) ([]bundletest.Pair, error) {
	var list []bundletest.Pair
	err := sstable.Read(table, func(e sstable.Entry) error {
		list = append(list, bundletest.Pair{Key: bytes.Clone(e.Key), Value: bytes.Clone(e.Value)})
		return nil
	})
	return list, err
}

func TestRead(t *testing.T) {
	equal := cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })
	for _, n := range []int{0, 1, 15, 16, 17, 60} {
		for _, o := range []bundletest.TableOptions{{}, {Snappy: true}, {Block: 7}, {Block: 5, Restart: 2, Snappy: true}, {Restart: 1}} {
			got, err := read(bundletest.Table(pairs(n), o))
			if err != nil {
				t.Errorf("%d entries, %+v: %v", n, o, err)
			} else if diff := cmp.Diff(pairs(n), got, equal); diff != "" {
				t.Errorf("%d entries, %+v: %s", n, o, diff)
			}
		}
	}
	if got, err := read(bundletest.Table(nil, bundletest.TableOptions{})); err != nil || len(got) != 0 {
		t.Errorf("empty table: %v, %v", got, err)
	}
}

// Every flipped bit and every truncation must be an error, whatever the layout.
func TestDamage(t *testing.T) {
	for _, o := range []bundletest.TableOptions{{}, {Block: 3}, {Block: 4, Snappy: true}} {
		table := bundletest.Table(pairs(9), o)
		for bit := range 8 * len(table) {
			table[bit/8] ^= 1 << (bit % 8)
			if _, err := read(table); err == nil {
				t.Errorf("%+v: bit %d of byte %#x of %#x flipped: no error", o, bit%8, bit/8, len(table))
			}
			table[bit/8] ^= 1 << (bit % 8)
		}
		for n := range table {
			if _, err := read(table[:n]); err == nil {
				t.Errorf("%+v: cut at %d of %d: no error", o, n, len(table))
			}
		}
	}
}

// table makes a table around data blocks given as they are stored; their index
// entries have the keys given.
func table(kind byte, keys []string, blocks ...[]byte) []byte {
	var b []byte
	var index []bundletest.Pair
	for i, block := range blocks {
		index = append(index, bundletest.Pair{Key: []byte(keys[i]), Value: bundletest.AppendStored(&b, block, kind)})
	}
	metaindex := bundletest.AppendStored(&b, bundletest.Block(nil, 1), 0)
	root := bundletest.AppendStored(&b, bundletest.Block(index, 1), 0)
	return append(b, bundletest.Footer(metaindex, root)...)
}

func block(keys ...string) []byte {
	var list []bundletest.Pair
	for _, k := range keys {
		list = append(list, bundletest.Pair{Key: []byte(k)})
	}
	return bundletest.Block(list, 16)
}

// Tables whose checksums are good and whose contents are not.
func TestBadTables(t *testing.T) {
	one := []string{"z"}
	good := block("a", "b")
	if _, err := read(table(0, one, good)); err != nil {
		t.Fatal(err)
	}
	raw := func(b ...byte) []byte { return b }
	restarts := func(entries []byte, restarts ...uint32) []byte {
		b := bytes.Clone(entries)
		for _, r := range restarts {
			b = binary.LittleEndian.AppendUint32(b, r)
		}
		return binary.LittleEndian.AppendUint32(b, uint32(len(restarts)))
	}
	entry := []byte{0, 1, 0, 'a'}
	bomb := binary.AppendUvarint(nil, 1<<32-1)
	for want, data := range map[string][]byte{
		"compression 9":                     table(9, one, good),
		"corrupt input":                     table(1, one, raw(0x10, 0xff, 0xff, 0xff)),
		"6 bytes unpack to 4294967295":      table(1, one, append(bomb, 0)),
		"4194304":                           table(1, one, snappy.Encode(nil, make([]byte, 5<<20))),
		"has at least 4":                    table(0, one, raw(1, 2, 3)),
		"2147483647 restarts":               table(0, one, append(entry, 0xff, 0xff, 0xff, 0x7f)),
		"first restart is not 0":            table(0, one, restarts(entry, 1)),
		"restart at byte 3":                 table(0, one, restarts(append(entry, 0, 1, 0, 'b'), 0, 3)),
		"restart at byte 0":                 table(0, one, restarts(entry, 0, 0)),
		"shares 1 bytes of its key at":      table(0, one, restarts(raw(1, 1, 0, 'a'), 0)),
		"shares 9 bytes of a key of 1":      table(0, one, restarts(append(entry, 9, 1, 0, 'b'), 0)),
		"key of 5000 bytes":                 table(0, one, block(strings.Repeat("a", 5000))),
		"lengths exceed":                    table(0, one, restarts(raw(0, 9, 9, 'a'), 0)),
		"entry at byte 0: its lengths":      table(0, one, restarts(bytes.Repeat(raw(0xff), 20), 0)),
		"key a after b: keys must ascend":   table(0, one, block("b", "a")),
		"key a after a: keys must ascend":   table(0, one, block("a", "a")),
		"key b after m: keys must ascend":   table(0, []string{"m", "z"}, block("a"), block("b")),
		"comes before its block's last key": table(0, []string{"a"}, block("a", "b")),
		"is no block handle":                badIndex(raw(0x80, 0x00, 0x10)),
		"is no block handle in":             badIndex(raw(0, 16, 0)),
		"block at 0x5":                      badIndex(raw(5, 0)),
		"TensorFlow writes none":            withMetaindex(block("filter.x")),
		"2 bytes are too few":               raw(1, 2),
	} {
		_, err := read(data)
		var format *errs.FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want a FormatError with %q", err, want)
		}
	}
}

func badIndex(handle []byte) []byte {
	var b []byte
	bundletest.AppendStored(&b, block("a"), 0)
	metaindex := bundletest.AppendStored(&b, bundletest.Block(nil, 1), 0)
	root := bundletest.AppendStored(&b, bundletest.Block([]bundletest.Pair{{Key: []byte("z"), Value: handle}}, 1), 0)
	return append(b, bundletest.Footer(metaindex, root)...)
}

func withMetaindex(contents []byte) []byte {
	var b []byte
	handle := bundletest.AppendStored(&b, block("a"), 0)
	metaindex := bundletest.AppendStored(&b, contents, 0)
	root := bundletest.AppendStored(&b, bundletest.Block([]bundletest.Pair{{Key: []byte("z"), Value: handle}}, 1), 0)
	return append(b, bundletest.Footer(metaindex, root)...)
}

// Bytes between blocks, or between the last and the footer, are an error.
func TestGaps(t *testing.T) {
	for at := range 4 {
		var b []byte
		gap := func(i int) {
			if i == at {
				b = append(b, 0)
			}
		}
		gap(0)
		handle := bundletest.AppendStored(&b, block("a"), 0)
		gap(1)
		metaindex := bundletest.AppendStored(&b, bundletest.Block(nil, 1), 0)
		gap(2)
		root := bundletest.AppendStored(&b, bundletest.Block([]bundletest.Pair{{Key: []byte("z"), Value: handle}}, 1), 0)
		gap(3)
		if _, err := read(append(b, bundletest.Footer(metaindex, root)...)); err == nil {
			t.Errorf("a byte before block %d: no error", at)
		}
	}
}

func FuzzSSTable(f *testing.F) {
	files, _ := filepath.Glob("../bundle/testdata/*.index")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 1000 {
			f.Add(data, false)
		}
	}
	f.Add(bundletest.Table(pairs(20), bundletest.TableOptions{Block: 6, Snappy: true}), true)
	// With fix, data is the contents of a data block, so that the fuzzer gets
	// past the checksums.
	f.Fuzz(func(t *testing.T, data []byte, fix bool) {
		if fix && len(data) > 0 {
			data = table(data[0]&1, []string{"\xff\xff"}, data[1:])
		}
		got, err := read(data)
		for i := 1; i < len(got); i++ {
			if bytes.Compare(got[i-1].Key, got[i].Key) >= 0 {
				t.Fatalf("keys %q, %q do not ascend", got[i-1].Key, got[i].Key)
			}
		}
		if err != nil {
			return
		}
		again, err := read(bundletest.Table(got, bundletest.TableOptions{}))
		if err != nil || len(again) != len(got) {
			t.Fatalf("written again: %v", err)
		}
	})
}
