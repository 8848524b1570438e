package bundle_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/bundle"
	"github.com/mixconv/mixconv/convert/tf/internal/bundletest"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// all reads and verifies a whole checkpoint.
func all(fsys fs.FS, prefix string) (map[string][]byte, string, error) {
	b, err := bundle.Open(fsys, prefix, limit.Limits{})
	if err != nil {
		return nil, "", err
	}
	got := map[string][]byte{}
	sum, err := b.Scan(
		func(i int) bool { return !strings.HasPrefix(b.Entries[i].Name, "unwanted") },
		func(i int, data []byte) error { got[b.Entries[i].Name] = bytes.Clone(data); return nil })
	return got, sum, err
}

func mapFS(files map[string][]byte) fstest.MapFS {
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: data}
	}
	return m
}

func tensors() []bundletest.Tensor {
	gap := bundletest.Floats("gap", []float32{5, 6}, 2)
	gap.Gap = make([]byte, 60)
	return []bundletest.Tensor{
		bundletest.Floats("w", []float32{1, 2, 3, 4, 5, 6}, 2, 3),
		{Name: "global_step", Type: 9, Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		{Name: "text", Type: tftype.String, Shape: []int64{3}, Strings: []string{"a", "", strings.Repeat("long ", 60)}},
		bundletest.Floats("empty", nil, 0, 7),
		bundletest.Floats("unwanted/w", []float32{7, 8}, 2),
		gap,
		{Name: "none", Type: tftype.String, Shape: []int64{0}},
	}
}

func TestScan(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 9} {
		files := bundletest.Files("m", tensors(), shards, bundletest.TableOptions{Block: 3, Snappy: shards > 1})
		got, sum, err := all(mapFS(files), "m")
		if err != nil {
			t.Errorf("%d shards: %v", shards, err)
			continue
		}
		for _, want := range tensors() {
			data, visited := got[want.Name]
			wanted := want.Type != tftype.String && !strings.HasPrefix(want.Name, "unwanted")
			if visited != wanted || wanted && !bytes.Equal(data, want.Data) {
				t.Errorf("%d shards: %s: visited %t, % x", shards, want.Name, visited, data)
			}
		}
		h := sha256.New()
		h.Write(files["m.index"])
		for i := range shards {
			h.Write(files[fmt.Sprintf("m.data-%05d-of-%05d", i, shards)])
		}
		if want := hex.EncodeToString(h.Sum(nil)); sum != want {
			t.Errorf("%d shards: SHA-256 %s, want %s", shards, sum, want)
		}
	}
}

// No flipped bit, in any file, goes unseen.
func TestFlippedBits(t *testing.T) {
	files := bundletest.Files("m", tensors(), 2, bundletest.TableOptions{Block: 3})
	fsys := mapFS(files)
	for name, data := range files {
		for bit := range 8 * len(data) {
			data[bit/8] ^= 1 << (bit % 8)
			if _, _, err := all(fsys, "m"); err == nil {
				t.Errorf("%s: bit %d of byte %#x flipped: no error", name, bit%8, bit/8)
			}
			data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// Nor is any file one byte too short or too long, or missing.
func TestSizes(t *testing.T) {
	files := bundletest.Files("m", tensors(), 2, bundletest.TableOptions{})
	for name, data := range files {
		changed := maps.Clone(files)
		for i, data := range [][]byte{data[:len(data)-1], append(bytes.Clone(data), 0), {}} {
			changed[name] = data
			if _, _, err := all(mapFS(changed), "m"); err == nil {
				t.Errorf("%s changed (%d): no error", name, i)
			}
		}
		delete(changed, name)
		_, _, err := all(mapFS(changed), "m")
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s missing: %v", name, err)
		}
	}
}

// The files of testdata are hand-made, one kind of damage each.
func TestCatalogue(t *testing.T) {
	files, err := filepath.Glob("testdata/*.index")
	if err != nil || len(files) < 24 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		prefix := strings.TrimSuffix(filepath.Base(path), ".index")
		_, _, err := all(os.DirFS("testdata"), prefix)
		if prefix == "control" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		var format *errs.FormatError
		if !errors.As(err, &format) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), prefix) {
			t.Errorf("%s: error %v, want a FormatError of one line", prefix, err)
		}
	}
}

// field appends a field to a message.
func field(b []byte, number protowire.Number, v any) []byte {
	switch v := v.(type) {
	case int:
		b = protowire.AppendTag(b, number, protowire.VarintType)
		return protowire.AppendVarint(b, uint64(v))
	case []byte:
		b = protowire.AppendTag(b, number, protowire.BytesType)
		return protowire.AppendBytes(b, v)
	}
	panic("no such field")
}

// Indexes whose checksums are good and whose contents are not.
func TestBadEntries(t *testing.T) {
	entry := func(dtype int, shape []byte, more ...byte) []byte {
		return append(field(field(nil, 1, dtype), 2, shape), more...)
	}
	index := func(header []byte, entries ...[]byte) []byte {
		list := []bundletest.Pair{{Value: header}}
		for i, e := range entries {
			list = append(list, bundletest.Pair{Key: fmt.Appendf(nil, "w%d", i), Value: e})
		}
		return bundletest.Table(list, bundletest.TableOptions{})
	}
	header := bundletest.Header(1)
	dims := func(d ...int64) []byte { return bundletest.Shape(d) }
	size := func(n int) []byte { return field(nil, 5, n) }
	for want, data := range map[string][]byte{
		"endianness is 1":          index(field(field(nil, 1, 1), 2, 1)),
		"min_consumer is 99":       index(field(field(nil, 1, 1), 3, field(nil, 2, 99))),
		"min_consumer is 2":        index(field(field(nil, 1, 1), 3, field(nil, 3, []byte{1}))),
		"num_shards is 0":          index(nil),
		"num_shards is -1":         index(field(nil, 1, -1)),
		"header: unknown field 9":  index(field(header, 9, 1)),
		"field 1 twice":            index(field(field(nil, 1, 1), 1, 1)),
		"no 32-bit integer":        index(field(nil, 1, 1<<40)),
		"the index is empty":       bundletest.Table(nil, bundletest.TableOptions{}),
		"dtype 999":                index(header, entry(999, dims(8), size(32)...)),
		"variant":                  index(header, entry(21, dims(8), size(32)...)),
		"dimensions overflow":      index(header, entry(1, dims(1<<32, 1<<32), size(32)...)),
		"more than 64 dimensions":  index(header, entry(1, dims(make([]int64, 300)...))),
		"of unknown rank":          index(header, entry(1, field(nil, 3, 1))),
		"shard_id is 7":            index(header, entry(1, dims(8), field(size(32), 3, 7)...)),
		"belong to no tensor":      index(header, entry(1, dims(4), size(16)...)),
		"the file ends at 0x20":    index(header, entry(1, dims(8), field(size(32), 4, 1)...)),
		"offset 9223372036854":     index(header, entry(1, dims(8), field(size(32), 4, 1<<63-1)...)),
		"offset 0 and size -1":     index(header, entry(1, dims(8), size(-1)...)),
		"too few for 8 strings":    index(header, entry(7, dims(8), size(11)...)),
		"takes 8 elements of 8":    index(header, entry(2, dims(8), size(32)...)),
		"stored in slices":         index(header, entry(1, dims(8), field(nil, 7, []byte{})...)),
		"unknown field 8":          index(header, entry(1, dims(8), field(nil, 8, 1)...)),
		"field 5 twice":            index(header, entry(1, dims(8), size(32)[0], 32, 5<<3, 32)),
		"wire type":                index(header, field(nil, 1, []byte{1})),
		"malformed or goes past":   index(header, []byte{8, 0x81, 0}),
		"but another one ends at":  index(header, entry(1, dims(8), size(32)...), entry(1, dims(8), size(32)...)),
		"masked CRC-32C is 7c83fa": index(header, entry(1, dims(8), size(32)...)),
	} {
		fsys := mapFS(map[string][]byte{"m.index": data, "m.data-00000-of-00001": controlData(t)})
		_, _, err := all(fsys, "m")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func controlData(t testing.TB) []byte {
	data, err := os.ReadFile("testdata/control.data-00000-of-00001")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSlicesAreUnsupported(t *testing.T) {
	sliced := bundletest.Floats("emb", nil, 0)
	sliced.Extra = field(nil, 7, []byte{})
	part := bundletest.Floats("\x00\x01emb\x00\x01", []float32{1}, 1)
	_, _, err := all(mapFS(bundletest.Files("m", []bundletest.Tensor{sliced, part}, 1, bundletest.TableOptions{})), "m")
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "emb") {
		t.Errorf("error %v, want an UnsupportedError that names emb", err)
	}
}

// Prefix compression and snappy let a small file stand for many long names.
func TestManyLongNames(t *testing.T) {
	list := []bundletest.Pair{{Value: bundletest.Header(1)}}
	long := strings.Repeat("a", 1000)
	for i := range 40_000 {
		value := field(field(field(nil, 1, 1), 2, bundletest.Shape([]int64{0})), 5, 0)
		list = append(list, bundletest.Pair{Key: fmt.Appendf(nil, "%s%06d", long, i), Value: value})
	}
	index := bundletest.Table(list, bundletest.TableOptions{Block: 10_000, Restart: 10_000})
	_, _, err := all(mapFS(map[string][]byte{"m.index": index, "m.data-00000-of-00001": nil}), "m")
	if err == nil || !strings.Contains(err.Error(), "bytes of names") {
		t.Errorf("%d bytes of index with 40 MB of names: %v", len(index), err)
	}
}

func FuzzBundle(f *testing.F) {
	for _, name := range []string{"control", "dim_neg", "shards_2e31", "string_2e62", "size_short"} {
		index, err := os.ReadFile("testdata/" + name + ".index")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(index, controlData(f), false)
	}
	files := bundletest.Files("m", tensors(), 1, bundletest.TableOptions{})
	f.Add(files["m.index"], files["m.data-00000-of-00001"], false)
	f.Add([]byte{8, 1, 18, 4, 18, 2, 8, 8, 40, 32, 53, 0x1f, 0xfa, 0x83, 0x7c}, controlData(f), true)
	// With entry, index is one BundleEntryProto, so that the fuzzer gets past
	// the checksums of the table.
	f.Fuzz(func(t *testing.T, index, data []byte, entry bool) {
		if entry {
			index = bundletest.Table([]bundletest.Pair{{Value: bundletest.Header(1)}, {Key: []byte("w"), Value: index}}, bundletest.TableOptions{})
		}
		got, _, err := all(mapFS(map[string][]byte{"m.index": index, "m.data-00000-of-00001": data}), "m")
		total := 0
		for _, b := range got {
			total += len(b)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of tensors in %d (%v)", total, len(data), err)
		}
	})
}
