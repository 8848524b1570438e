package bundletest

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/crc"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
)

// Tensor is one to write.
type Tensor struct {
	Name    string
	Type    tftype.Type
	Shape   []int64
	Data    []byte
	Strings []string // in place of Data
	Gap     []byte   // what stands before the data
	Extra   []byte   // appended to the entry's proto
}

// Floats is a tensor of float32.
func Floats(name string, values []float32, shape ...int64) Tensor {
	t := Tensor{Name: name, Type: tftype.Float32, Shape: shape}
	for _, v := range values {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(v))
	}
	return t
}

// Files returns a checkpoint's files by name: the tensors sorted by name in
// the index, and dealt to the shards in turn.
func Files(prefix string, tensors []Tensor, shards int, o TableOptions) map[string][]byte {
	files := map[string][]byte{}
	shard := func(i int) string { return fmt.Sprintf("%s.data-%05d-of-%05d", prefix, i, shards) }
	for i := range shards {
		files[shard(i)] = nil
	}
	pairs := []Pair{{Key: nil, Value: Header(shards)}}
	for i, t := range tensors {
		name := shard(i % shards)
		files[name] = append(files[name], t.Gap...)
		offset := len(files[name])
		data, sum := t.encode()
		files[name] = append(files[name], data...)
		pairs = append(pairs, Pair{[]byte(t.Name), t.entry(i%shards, offset, len(data), sum)})
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(string(a.Key), string(b.Key)) })
	files[prefix+".index"] = Table(pairs, o)
	return files
}

// Header is a BundleHeaderProto.
func Header(shards int) []byte {
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(shards))
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	return protowire.AppendBytes(b, []byte{8, 1}) // producer 1
}

// encode returns the bytes in the shard and their checksum.
func (t Tensor) encode() ([]byte, uint32) {
	if t.Type != tftype.String {
		return t.Data, crc.Sum(t.Data)
	}
	var data []byte
	var sum uint32
	for _, s := range t.Strings {
		data = binary.AppendUvarint(data, uint64(len(s)))
		sum = crc.Extend(sum, binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	}
	rest := binary.LittleEndian.AppendUint32(nil, crc.Mask(sum))
	for _, s := range t.Strings {
		rest = append(rest, s...)
	}
	return append(data, rest...), crc.Extend(sum, rest)
}

// entry is a BundleEntryProto.
func (t Tensor) entry(shard, offset, size int, sum uint32) []byte {
	var b []byte
	number := func(field protowire.Number, v int) {
		if v != 0 {
			b = protowire.AppendTag(b, field, protowire.VarintType)
			b = protowire.AppendVarint(b, uint64(v))
		}
	}
	number(1, int(t.Type))
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendBytes(b, Shape(t.Shape))
	number(3, shard)
	number(4, offset)
	number(5, size)
	b = protowire.AppendTag(b, 6, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, crc.Mask(sum))
	return append(b, t.Extra...)
}

// Shape is a TensorShapeProto.
func Shape(dims []int64) []byte {
	var b []byte
	for _, d := range dims {
		dim := protowire.AppendTag(nil, 1, protowire.VarintType)
		dim = protowire.AppendVarint(dim, uint64(d))
		b = protowire.AppendTag(b, 2, protowire.BytesType)
		b = protowire.AppendBytes(b, dim)
	}
	return b
}
