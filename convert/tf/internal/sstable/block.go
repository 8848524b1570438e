package sstable

import (
	"encoding/binary"
	"math"

	"github.com/klauspost/compress/snappy"

	"github.com/mixconv/mixconv/errs"
)

// Compression of a block.
const (
	plain      = 0
	compressed = 1 // snappy
)

// maxBlock bounds an unpacked block. TensorFlow ends a block at 256 KiB, and
// an entry of a checkpoint is far smaller.
const maxBlock = 4 << 20

// snappyRatio is more than snappy can expand: an element of 3 bytes copies at
// most 64.
const snappyRatio = 22

// maxKey bounds a key, for each costs time and memory in proportion to its
// whole length, of which the file may hold a byte.
const maxKey = 4 << 10

// block is an unpacked block.
type block struct {
	name   string // for errors
	offset int64  // of the stored block
	data   []byte
}

func (b block) fail(format string, args ...any) error {
	return errs.FormatAt(b.offset, b.name, format, args...)
}

// readBlock verifies a block's checksum and unpacks it.
func readBlock(table []byte, h handle, name string) (block, error) {
	size := uint64(len(table) - footerSize)
	if h.offset > size || size-h.offset < trailerSize || h.size > size-h.offset-trailerSize {
		return block{}, errs.Format(name, "%d bytes at %#x, but the file's blocks end at %#x", h.size, h.offset, size)
	}
	b := block{name: name, offset: int64(h.offset)}
	stored := table[h.offset : h.offset+h.size+trailerSize]
	contents, recorded := stored[:h.size+1], binary.LittleEndian.Uint32(stored[h.size+1:])
	if sum := checksum(contents); sum != recorded {
		return b, b.fail("masked CRC-32C is %08x, recorded %08x", sum, recorded)
	}
	b.data = stored[:h.size]
	switch kind := contents[h.size]; kind {
	case plain:
		return b, nil
	case compressed:
		return b.unpack()
	default:
		return b, b.fail("compression %d, allowed 0 (none) and 1 (snappy)", kind)
	}
}

func (b block) unpack() (block, error) {
	size, err := snappy.DecodedLen(b.data)
	if err != nil {
		return b, b.fail("snappy: %w", err)
	}
	if most := min(maxBlock, snappyRatio*len(b.data)); size > most {
		return b, b.fail("snappy: %d bytes unpack to %d, allowed %d", len(b.data), size, most)
	}
	if b.data, err = snappy.DecodeStrict(nil, b.data); err != nil {
		return b, b.fail("snappy: %w", err)
	}
	return b, nil
}

// eachEntry calls visit for every entry of a block. A key is stored as the
// number of bytes that it shares with the one before it and the rest; at the
// offsets in the restart array, which ends the block, nothing is shared.
func eachEntry(b block, visit func(Entry) error) error {
	restarts, entries, err := b.restarts()
	if err != nil {
		return err
	}
	var key []byte
	for pos := 0; pos < len(entries); {
		shared, keyRest, value, n := splitEntry(entries[pos:])
		if n == 0 {
			return b.fail("entry at byte %d: its lengths exceed the block", pos)
		}
		if len(restarts) > 0 && uint64(pos) == uint64(binary.LittleEndian.Uint32(restarts)) {
			if shared != 0 {
				return b.fail("entry at byte %d: shares %d bytes of its key at a restart", pos, shared)
			}
			restarts = restarts[4:]
		}
		if shared > uint64(len(key)) {
			return b.fail("entry at byte %d: shares %d bytes of a key of %d", pos, shared, len(key))
		}
		if shared+uint64(len(keyRest)) > maxKey {
			return b.fail("entry at byte %d: key of %d bytes, allowed %d", pos, shared+uint64(len(keyRest)), maxKey)
		}
		key = append(key[:shared], keyRest...)
		if err := visit(Entry{Key: key, Value: value, Block: b.offset}); err != nil {
			return err
		}
		pos += n
	}
	// An empty block has the one restart 0 all the same.
	if len(restarts) > 0 && !(len(entries) == 0 && len(restarts) == 4 && binary.LittleEndian.Uint32(restarts) == 0) {
		return b.fail("restart at byte %d is not the start of an entry, in ascending order", binary.LittleEndian.Uint32(restarts))
	}
	return nil
}

// restarts cuts a block into its entries and its restart array.
func (b block) restarts() (restarts, entries []byte, err error) {
	n := len(b.data) - 4
	if n < 0 {
		return nil, nil, b.fail("%d bytes, a block has at least 4", len(b.data))
	}
	count := binary.LittleEndian.Uint32(b.data[n:])
	if uint64(count) > uint64(n)/4 {
		return nil, nil, b.fail("%d restarts in %d bytes", count, n)
	}
	start := n - 4*int(count)
	if start > 0 && (count == 0 || binary.LittleEndian.Uint32(b.data[start:]) != 0) {
		return nil, nil, b.fail("the first restart is not 0")
	}
	return b.data[start:n], b.data[:start], nil
}

// splitEntry takes the entry at the start of b apart and returns its length, 0
// if b is too short for it or a length is not spelled in the least bytes.
func splitEntry(b []byte) (shared uint64, key, value []byte, n int) {
	rest := b
	var lengths [3]uint64 // shared, not shared, value
	for i := range lengths {
		var ok bool
		if lengths[i], rest, ok = uvarint(rest); !ok || lengths[i] > math.MaxUint32 {
			return 0, nil, nil, 0
		}
	}
	shared, keySize, valueSize := lengths[0], lengths[1], lengths[2]
	if keySize+valueSize > uint64(len(rest)) {
		return 0, nil, nil, 0
	}
	key, value = rest[:keySize], rest[keySize:keySize+valueSize]
	return shared, key, value, len(b) - len(rest) + int(keySize+valueSize)
}
