package bundletest

import (
	"encoding/binary"

	"github.com/klauspost/compress/snappy"

	"github.com/mixconv/mixconv/convert/tf/internal/crc"
)

// Pair is an entry of a table.
type Pair struct{ Key, Value []byte }

// TableOptions says how a table is laid out. The zero value has all entries in
// one plain block with a restart every 16 entries.
type TableOptions struct {
	Snappy  bool
	Block   int // entries in a block, 0 for all
	Restart int // entries from one restart to the next, 0 for 16
}

// Table writes an SSTable with the entries as they come, sorted or not.
func Table(pairs []Pair, o TableOptions) []byte {
	if o.Block == 0 {
		o.Block = max(1, len(pairs))
	}
	if o.Restart == 0 {
		o.Restart = 16
	}
	var table []byte
	var index []Pair
	for len(pairs) > 0 {
		n := min(o.Block, len(pairs))
		handle := appendBlock(&table, Block(pairs[:n], o.Restart), o.Snappy)
		index = append(index, Pair{pairs[n-1].Key, handle})
		pairs = pairs[n:]
	}
	metaindex := appendBlock(&table, Block(nil, 1), o.Snappy)
	root := appendBlock(&table, Block(index, 1), o.Snappy)
	return append(table, Footer(metaindex, root)...)
}

// Block writes a block's contents, without its trailer.
func Block(pairs []Pair, restart int) []byte {
	restarts := []byte{0, 0, 0, 0}
	var b, last []byte
	for i, p := range pairs {
		shared := 0
		if i%restart != 0 {
			for shared < min(len(last), len(p.Key)) && last[shared] == p.Key[shared] {
				shared++
			}
		} else if i > 0 {
			restarts = binary.LittleEndian.AppendUint32(restarts, uint32(len(b)))
		}
		b = binary.AppendUvarint(b, uint64(shared))
		b = binary.AppendUvarint(b, uint64(len(p.Key)-shared))
		b = binary.AppendUvarint(b, uint64(len(p.Value)))
		b = append(append(b, p.Key[shared:]...), p.Value...)
		last = p.Key
	}
	b = append(b, restarts...)
	return binary.LittleEndian.AppendUint32(b, uint32(len(restarts)/4))
}

func appendBlock(table *[]byte, block []byte, compress bool) (handle []byte) {
	kind := byte(0)
	if compress {
		block, kind = snappy.Encode(nil, block), 1
	}
	return AppendStored(table, block, kind)
}

// AppendStored appends a block as it is stored, with the trailer that makes it
// good, and returns its handle.
func AppendStored(table *[]byte, stored []byte, kind byte) (handle []byte) {
	handle = binary.AppendUvarint(nil, uint64(len(*table)))
	handle = binary.AppendUvarint(handle, uint64(len(stored)))
	stored = append(append([]byte{}, stored...), kind)
	*table = append(*table, stored...)
	*table = binary.LittleEndian.AppendUint32(*table, crc.Mask(crc.Sum(stored)))
	return handle
}

// Footer writes a footer of two handles.
func Footer(metaindex, index []byte) []byte {
	footer := make([]byte, 40, 48)
	copy(footer[copy(footer, metaindex):], index)
	return binary.LittleEndian.AppendUint64(footer, 0xdb4775248b80fb57)
}
