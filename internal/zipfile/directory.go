package zipfile

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// Records of a zip archive: their signatures and fixed sizes.
const (
	localSignature      = 0x04034b50
	centralSignature    = 0x02014b50
	endSignature        = 0x06054b50
	end64Signature      = 0x06064b50
	locator64Signature  = 0x07064b50
	descriptorSignature = 0x08074b50

	localSize     = 30
	centralSize   = 46
	endSize       = 22
	end64Size     = 56
	locator64Size = 20

	maxDirectory = 64 << 20 // bytes of central directory
	extra64      = 1        // header ID of the zip64 extra field
)

var le = binary.LittleEndian

// end is what the end-of-central-directory record, or its zip64 twin, says.
type end struct {
	records   int64
	directory int64 // offset
	size      int64 // of the directory
}

// findEnd reads the end record. Nothing may follow it but its comment.
func findEnd(r io.ReaderAt, size int64) (end, error) {
	tail := make([]byte, min(size, endSize+1<<16-1))
	base := size - int64(len(tail))
	if err := readAt(r, tail, base); err != nil {
		return end{}, err
	}
	at := bytes.LastIndex(tail, le.AppendUint32(nil, endSignature))
	if at < 0 || len(tail)-at < endSize {
		return end{}, errs.FormatAt(size, "zip", "no end of central directory: the archive is cut off, or no zip archive")
	}
	rec, offset := tail[at:], base+int64(at)
	if comment := int(le.Uint16(rec[20:])); len(rec) != endSize+comment {
		return end{}, errs.FormatAt(offset, "zip end record", "comment of %d bytes, found %d", comment, len(rec)-endSize)
	}
	if disk := le.Uint16(rec[4:]); disk != 0 && disk != 0xffff {
		return end{}, errs.FormatAt(offset, "zip end record", "the archive is split over several disks")
	}
	e := end{records: int64(le.Uint16(rec[10:])), size: int64(le.Uint32(rec[12:])), directory: int64(le.Uint32(rec[16:]))}
	limit := offset
	asked := e.records == 0xffff || e.size == 0xffffffff || e.directory == 0xffffffff
	if asked || hasLocator64(r, offset) { // PyTorch writes a zip64 end record unasked
		wide, at, err := findEnd64(r, offset)
		if err != nil {
			return end{}, err
		}
		if !e.agrees(wide) {
			return end{}, errs.FormatAt(offset, "zip end record", "differs from the zip64 end record")
		}
		e, limit = wide, at
	}
	// Subtractions, so that no sum of a file's numbers can overflow.
	if e.directory < 0 || e.size < 0 || e.directory > limit || e.size != limit-e.directory {
		return end{}, errs.FormatAt(offset, "zip end record", "central directory of %d bytes at %d, but it should end at %d",
			e.size, e.directory, limit)
	}
	if e.size > maxDirectory || e.records < 0 || e.records > e.size/centralSize {
		return end{}, errs.FormatAt(offset, "zip end record", "%d members in a central directory of %d bytes (at most %d)",
			e.records, e.size, maxDirectory)
	}
	return e, nil
}

// agrees reports whether every number that fits in the end record is that of
// its zip64 twin.
func (e end) agrees(wide end) bool {
	return (e.records == 0xffff || e.records == wide.records) &&
		(e.size == 0xffffffff || e.size == wide.size) &&
		(e.directory == 0xffffffff || e.directory == wide.directory)
}

// hasLocator64 reports whether a zip64 locator stands before the end record.
func hasLocator64(r io.ReaderAt, endOffset int64) bool {
	b := make([]byte, 4)
	return endOffset >= locator64Size && readAt(r, b, endOffset-locator64Size) == nil && le.Uint32(b) == locator64Signature
}

// findEnd64 reads the zip64 end record that the locator before the end record
// points to. It returns the record's offset, where the directory must end.
func findEnd64(r io.ReaderAt, endOffset int64) (end, int64, error) {
	at := endOffset - locator64Size - end64Size
	if at < 0 {
		return end{}, 0, errs.FormatAt(endOffset, "zip end record", "no zip64 end record, though the sizes ask for it")
	}
	buf := make([]byte, end64Size+locator64Size)
	if err := readAt(r, buf, at); err != nil {
		return end{}, 0, err
	}
	locator := buf[end64Size:]
	if le.Uint32(buf) != end64Signature || le.Uint64(buf[4:]) != end64Size-12 ||
		le.Uint32(locator) != locator64Signature || le.Uint64(locator[8:]) != uint64(at) {
		return end{}, 0, errs.FormatAt(at, "zip64 end record", "no such record before its locator")
	}
	if le.Uint32(locator[4:]) != 0 || le.Uint32(locator[16:]) != 1 || le.Uint64(buf[16:]) != 0 || le.Uint64(buf[24:]) != le.Uint64(buf[32:]) {
		return end{}, 0, errs.FormatAt(at, "zip64 end record", "the archive is split over several disks")
	}
	return end{
		records:   int64(le.Uint64(buf[32:])),
		size:      int64(le.Uint64(buf[40:])),
		directory: int64(le.Uint64(buf[48:])),
	}, at, nil
}

// readDirectory parses the central directory.
func readDirectory(r io.ReaderAt, e end, lim limit.Limits) ([]Member, error) {
	if e.records > int64(lim.Nodes) {
		return nil, errs.FormatAt(e.directory, "zip", "%d members, allowed %d", e.records, lim.Nodes)
	}
	dir := make([]byte, e.size)
	if err := readAt(r, dir, e.directory); err != nil {
		return nil, err
	}
	members := make([]Member, 0, e.records)
	for rest := dir; len(rest) > 0; {
		at := e.directory + int64(len(dir)-len(rest))
		m, n, err := parseCentral(rest, at)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
		rest = rest[n:]
	}
	if int64(len(members)) != e.records {
		return nil, errs.FormatAt(e.directory, "zip", "%d members in the central directory, %d recorded", len(members), e.records)
	}
	return members, nil
}

// parseCentral parses one central directory header and returns its length.
func parseCentral(b []byte, at int64) (Member, int, error) {
	if len(b) < centralSize || le.Uint32(b) != centralSignature {
		return Member{}, 0, errs.FormatAt(at, "zip central directory", "no member header")
	}
	name, extra, comment := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	n := centralSize + name + extra + comment
	if n > len(b) {
		return Member{}, 0, errs.FormatAt(at, "zip central directory", "member header of %d bytes, %d left", n, len(b))
	}
	m := Member{
		Name:   string(b[centralSize : centralSize+name]),
		flags:  le.Uint16(b[8:]),
		method: le.Uint16(b[10:]),
		crc:    le.Uint32(b[16:]),
		packed: int64(le.Uint32(b[20:])),
		Size:   int64(le.Uint32(b[24:])),
		header: int64(le.Uint32(b[42:])),
	}
	m.descriptor = m.flags&8 != 0
	field := "zip member " + errs.Quote(m.Name)
	if !wide(b[centralSize+name:centralSize+name+extra], &m.Size, &m.packed, &m.header) {
		return Member{}, 0, errs.FormatAt(at, field, "zip64 sizes are missing, or beyond 2^63-1")
	}
	if m.flags&1 != 0 {
		return Member{}, 0, errs.FormatAt(at, field, "encrypted")
	}
	if m.method != store && m.method != deflate {
		return Member{}, 0, errs.FormatAt(at, field, "compression method %d, allowed 0 (stored) and 8 (deflate)", m.method)
	}
	if m.method == store && m.packed != m.Size {
		return Member{}, 0, errs.FormatAt(at, field, "stored, but %d bytes packed and %d unpacked", m.packed, m.Size)
	}
	return m, n, nil
}

// wide replaces every value that is 0xffffffff by its 64-bit twin in the zip64
// extra field, where only those are present, in this order.
func wide(extra []byte, values ...*int64) bool {
	var field []byte
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return false
		}
		if id == extra64 {
			field = extra[4 : 4+n]
		}
		extra = extra[4+n:]
	}
	for _, v := range values {
		if *v != 0xffffffff {
			continue
		}
		if len(field) < 8 || le.Uint64(field) > 1<<63-1 {
			return false
		}
		*v = int64(le.Uint64(field))
		field = field[8:]
	}
	return true
}

func readAt(r io.ReaderAt, p []byte, at int64) error {
	if n, err := r.ReadAt(p, at); n < len(p) {
		return errs.FormatAt(at, "zip", "cannot read %d bytes: %w", len(p), err)
	}
	return nil
}
