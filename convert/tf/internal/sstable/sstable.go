package sstable

import (
	"bytes"
	"encoding/binary"

	"github.com/mixconv/mixconv/convert/tf/internal/crc"
	"github.com/mixconv/mixconv/errs"
)

const (
	footerSize  = 48
	magic       = 0xdb4775248b80fb57
	trailerSize = 5 // of a block: compression type, CRC-32C
)

// Entry is a key with its value. Both are only valid during the visit.
type Entry struct {
	Key, Value []byte
	Block      int64 // offset of the block that holds the entry
}

// handle says where a block is, its trailer not counted.
type handle struct{ offset, size uint64 }

// Read calls visit for every entry of a table, in the order of the keys, which
// is strictly ascending. It stops at the first error.
func Read(table []byte, visit func(Entry) error) error {
	metaindex, index, err := readFooter(table)
	if err != nil {
		return err
	}
	meta, err := readBlock(table, metaindex, "metaindex block")
	if err != nil {
		return err
	}
	err = eachEntry(meta, func(e Entry) error {
		return errs.FormatAt(e.Block, "metaindex block", "has an entry %s, TensorFlow writes none", errs.Quote(string(e.Key)))
	})
	if err != nil {
		return err
	}
	root, err := readBlock(table, index, "index block")
	if err != nil {
		return err
	}
	w := walker{table: table, visit: visit}
	if err := eachEntry(root, w.dataBlock); err != nil {
		return err
	}
	return w.checkEnd(metaindex, index)
}

// readFooter parses the footer: the handles of two blocks, zeros, the magic
// number.
func readFooter(table []byte) (metaindex, index handle, err error) {
	at := int64(len(table)) - footerSize
	if at < 0 {
		return metaindex, index, errs.FormatAt(0, "", "%d bytes are too few for an SSTable, whose footer alone has %d", len(table), footerSize)
	}
	footer := table[at:]
	if found := binary.LittleEndian.Uint64(footer[footerSize-8:]); found != magic {
		return metaindex, index, errs.FormatAt(at+footerSize-8, "SSTable footer", "magic number %#x, allowed %#x", found, uint64(magic))
	}
	rest := footer[:footerSize-8]
	for _, h := range []*handle{&metaindex, &index} {
		var ok bool
		if *h, rest, ok = parseHandle(rest); !ok {
			return metaindex, index, errs.FormatAt(at, "SSTable footer", "no two block handles in varints of least length")
		}
	}
	if len(bytes.Trim(rest, "\x00")) != 0 {
		return metaindex, index, errs.FormatAt(at, "SSTable footer", "padding is not zero")
	}
	return metaindex, index, nil
}

// walker goes through the data blocks in the order of the index block.
type walker struct {
	table   []byte
	visit   func(Entry) error
	end     uint64 // of the last data block with its trailer
	last    []byte // key, of an entry or of the index block
	started bool   // last is set
}

// dataBlock reads the block that an entry of the index block refers to. That
// entry's key is at or after the block's last key, and before the next block's
// first.
func (w *walker) dataBlock(e Entry) error {
	h, rest, ok := parseHandle(e.Value)
	if !ok || len(rest) != 0 {
		return errs.FormatAt(e.Block, "index block", "entry %s is no block handle in varints of least length", errs.Quote(string(e.Key)))
	}
	if h.offset != w.end {
		return errs.FormatAt(e.Block, "index block", "entry %s: block at %#x, but the one before it ends at %#x",
			errs.Quote(string(e.Key)), h.offset, w.end)
	}
	b, err := readBlock(w.table, h, "data block")
	if err != nil {
		return err
	}
	w.end = h.offset + h.size + trailerSize
	if err := eachEntry(b, w.entry); err != nil {
		return err
	}
	if bytes.Compare(e.Key, w.last) < 0 {
		return errs.FormatAt(e.Block, "index block", "entry %s comes before its block's last key %s",
			errs.Quote(string(e.Key)), errs.Quote(string(w.last)))
	}
	w.started = true
	w.last = append(w.last[:0], e.Key...)
	return nil
}

// entry checks the order of a data block's key and passes it on. The first key
// of a block is compared with the index entry of the block before, which it may
// not equal either.
func (w *walker) entry(e Entry) error {
	if w.started && bytes.Compare(e.Key, w.last) <= 0 {
		return errs.FormatAt(e.Block, "data block", "key %s after %s: keys must ascend", errs.Quote(string(e.Key)), errs.Quote(string(w.last)))
	}
	w.started = true
	w.last = append(w.last[:0], e.Key...)
	return w.visit(e)
}

// checkEnd wants the metaindex block, the index block and the footer right
// after the data blocks.
func (w *walker) checkEnd(metaindex, index handle) error {
	for _, h := range []handle{metaindex, index} {
		if h.offset != w.end {
			return errs.FormatAt(int64(h.offset), "SSTable", "block begins here, but the one before it ends at %#x", w.end)
		}
		w.end += h.size + trailerSize
	}
	if footer := uint64(len(w.table) - footerSize); w.end != footer {
		return errs.FormatAt(int64(footer), "SSTable", "footer begins here, but the last block ends at %#x", w.end)
	}
	return nil
}

// parseHandle reads a block handle from the start of b.
func parseHandle(b []byte) (h handle, rest []byte, ok bool) {
	if h.offset, b, ok = uvarint(b); !ok {
		return h, b, false
	}
	h.size, b, ok = uvarint(b)
	return h, b, ok
}

// uvarint reads a varint of least length: a longer one for the same number
// would let a bit flip unseen.
func uvarint(b []byte) (v uint64, rest []byte, ok bool) {
	v, n := binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 {
		return 0, b, false
	}
	return v, b[n:], true
}

// checksum is what a block's trailer should say.
func checksum(contents []byte) uint32 { return crc.Mask(crc.Sum(contents)) }
