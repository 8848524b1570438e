package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"math"

	"github.com/mixconv/mixconv/convert/tf/internal/crc"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// piece is how much of what nobody wants is read at a time.
const piece = 256 << 10

// Scan reads every byte of every shard, in the order in which they lie there,
// and verifies it. visit gets the bytes of the entries, by their index, that
// want asks for: little-endian and row-major, in a buffer that is used again. Tensors of
// strings are never visited. The result is the SHA-256, in hexadecimal, of the
// index file followed by the shards in order.
func (b *Bundle) Scan(want func(i int) bool, visit func(i int, data []byte) error) (string, error) {
	s := scanner{sum: sha256.New(), want: want, visit: visit}
	s.sum.Write(b.index)
	for shard := range b.shards {
		name := b.shardName(shard)
		if err := s.shard(b, shard, name); err != nil {
			return "", errs.InFile(name, err)
		}
	}
	return hex.EncodeToString(s.sum.Sum(nil)), nil
}

type scanner struct {
	sum   hash.Hash
	file  io.Reader
	pos   int64
	buf   []byte
	want  func(int) bool
	visit func(int, []byte) error
}

func (s *scanner) shard(b *Bundle, shard int, name string) error {
	f, info, err := regular.OpenFS(b.fsys, name)
	if err != nil {
		return err
	}
	defer f.Close()
	s.file, s.pos = f, 0
	for _, i := range b.shards[shard] {
		e := &b.Entries[i]
		if err := s.gap(e.offset - s.pos); err != nil {
			return err
		}
		if err := s.tensor(i, e); err != nil {
			return err
		}
	}
	if size := info.Size(); size != s.pos {
		return errs.Format("", "the file had %d bytes and now has %d", s.pos, size)
	}
	return nil
}

// gap reads n bytes before a tensor. They have no checksum, so they must be
// zero.
func (s *scanner) gap(n int64) error {
	for n > 0 {
		at := s.pos
		b, err := s.read(min(n, piece))
		if err != nil {
			return err
		}
		if i := bytes.IndexFunc(b, func(r rune) bool { return r != 0 }); i >= 0 {
			return errs.FormatAt(at+int64(i), "", "a byte that belongs to no tensor is not zero")
		}
		n -= int64(len(b))
	}
	return nil
}

func (s *scanner) tensor(i int, e *Entry) error {
	if e.Type == tftype.String {
		return s.strings(e)
	}
	start := s.pos
	wanted := s.want(i)
	step := int64(piece)
	if wanted {
		step = e.size
	}
	var sum uint32
	var data []byte
	for left := e.size; left > 0; left -= int64(len(data)) {
		var err error
		if data, err = s.read(min(left, step)); err != nil {
			return err
		}
		sum = crc.Extend(sum, data)
	}
	if err := e.verify(crc.Mask(sum), start); err != nil || !wanted {
		return err
	}
	return s.visit(i, data)
}

func (e *Entry) verify(sum uint32, at int64) error {
	if sum != e.crc {
		return errs.FormatAt(at, "tensor "+errs.Quote(e.Name), "masked CRC-32C is %08x, recorded %08x", sum, e.crc)
	}
	return nil
}

// strings verifies a tensor of strings: their lengths as varints, a checksum
// of the lengths as integers, their bytes. The entry's checksum is over the
// integers, the stored checksum and the bytes.
func (s *scanner) strings(e *Entry) error {
	start := s.pos
	data, err := s.read(e.size)
	if err != nil {
		return err
	}
	fail := func(format string, args ...any) error {
		return errs.FormatAt(start, "tensor "+errs.Quote(e.Name), format, args...)
	}
	elements := int64(1)
	for _, d := range e.Shape {
		elements *= d // checked when the index was read
	}
	var sum uint32
	var total uint64
	for range elements {
		n, used := binary.Uvarint(data)
		if used <= 0 || used > 1 && data[used-1] == 0 || n > uint64(e.size) {
			return fail("a string's length is malformed or beyond the %d bytes of all", e.size)
		}
		total += n
		if n <= math.MaxUint32 {
			sum = crc.Extend(sum, binary.LittleEndian.AppendUint32(nil, uint32(n)))
		} else {
			sum = crc.Extend(sum, binary.LittleEndian.AppendUint64(nil, n))
		}
		data = data[used:]
	}
	if uint64(len(data)) < 4 || uint64(len(data))-4 != total {
		return fail("strings of %d bytes in %d", total, len(data))
	}
	if recorded := binary.LittleEndian.Uint32(data); recorded != crc.Mask(sum) {
		return fail("masked CRC-32C of the lengths is %08x, recorded %08x", crc.Mask(sum), recorded)
	}
	return e.verify(crc.Mask(crc.Extend(sum, data)), start)
}

// read returns the next n bytes in the scanner's buffer.
func (s *scanner) read(n int64) ([]byte, error) {
	if int64(cap(s.buf)) < n {
		s.buf = make([]byte, n)
	}
	b := s.buf[:n]
	if _, err := io.ReadFull(s.file, b); err != nil {
		return nil, errs.FormatAt(s.pos, "", "cannot read %d bytes: %w", n, err)
	}
	s.sum.Write(b)
	s.pos += n
	return b, nil
}
