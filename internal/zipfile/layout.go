package zipfile

import (
	"cmp"
	"io"
	"slices"

	"github.com/mixconv/mixconv/errs"
)

// checkLayout walks the members from the first byte to the central directory:
// each begins where the one before it ended, so that none overlap and nothing
// hides between them, and each local header says what the directory says. It
// fills in where each member's data is.
func checkLayout(r io.ReaderAt, members []Member, directory int64) error {
	order := make([]*Member, len(members))
	for i := range members {
		order[i] = &members[i]
	}
	slices.SortFunc(order, func(a, b *Member) int { return cmp.Compare(a.header, b.header) })
	var at int64
	for i, m := range order {
		next := directory
		if i+1 < len(order) {
			next = order[i+1].header
		}
		if m.header != at {
			return errs.FormatAt(m.header, "zip member "+errs.Quote(m.Name), "the one before it ends at %#x: gaps and overlaps are not allowed", at)
		}
		if err := checkLocal(r, m, next); err != nil {
			return err
		}
		at = next
	}
	if at != directory {
		return errs.FormatAt(directory, "zip", "the central directory should begin at %#x", at)
	}
	return nil
}

// checkLocal compares the local header with the directory, and the bytes up to
// next, where the following record begins, with what the member takes.
func checkLocal(r io.ReaderAt, m *Member, next int64) error {
	field := "zip member " + errs.Quote(m.Name)
	b := make([]byte, localSize)
	if next-m.header < localSize {
		return errs.FormatAt(m.header, field, "%d bytes up to the next record, a local header has %d", next-m.header, localSize)
	}
	if err := readAt(r, b, m.header); err != nil {
		return err
	}
	name, extra := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	m.data = m.header + localSize + int64(name+extra)
	if le.Uint32(b) != localSignature || m.data > next || m.packed > next-m.data {
		return errs.FormatAt(m.header, field, "no local header with room for %d bytes", m.packed)
	}
	variable := make([]byte, name+extra)
	if err := readAt(r, variable, m.header+localSize); err != nil {
		return err
	}
	crc, packed, size := le.Uint32(b[14:]), int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:]))
	if !wide(variable[name:], &size, &packed) {
		return errs.FormatAt(m.header, field, "zip64 sizes are missing, or beyond 2^63-1")
	}
	same := string(variable[:name]) == m.Name && le.Uint16(b[6:]) == m.flags && le.Uint16(b[8:]) == m.method
	// With a data descriptor the three may be 0 here: they were not known yet.
	late := m.descriptor && crc == 0 && packed == 0 && size == 0
	if !same || !late && (crc != m.crc || packed != m.packed || size != m.Size) {
		return errs.FormatAt(m.header, field, "the local header differs from the central directory")
	}
	return checkDescriptor(r, m, next)
}

// checkDescriptor checks what stands between a member's data and the next
// record: nothing, or a data descriptor in one of its four forms (with or
// without a signature, sizes of 4 or 8 bytes).
func checkDescriptor(r io.ReaderAt, m *Member, next int64) error {
	field := "zip member " + errs.Quote(m.Name)
	at := m.data + m.packed
	gap := next - at
	if !m.descriptor {
		if gap != 0 {
			return errs.FormatAt(at, field, "%d bytes before the next record belong to no member", gap)
		}
		return nil
	}
	if gap != 12 && gap != 16 && gap != 20 && gap != 24 {
		return errs.FormatAt(at, field, "data descriptor of %d bytes, allowed 12, 16, 20 and 24", gap)
	}
	b := make([]byte, gap)
	if err := readAt(r, b, at); err != nil {
		return err
	}
	good := true
	if gap == 16 || gap == 24 {
		good = le.Uint32(b) == descriptorSignature
		b = b[4:]
	}
	good = good && le.Uint32(b) == m.crc
	if b = b[4:]; len(b) == 16 {
		good = good && le.Uint64(b) == uint64(m.packed) && le.Uint64(b[8:]) == uint64(m.Size)
	} else {
		good = good && int64(le.Uint32(b)) == m.packed && int64(le.Uint32(b[4:])) == m.Size
	}
	if !good {
		return errs.FormatAt(at, field, "the data descriptor differs from the central directory")
	}
	return nil
}
