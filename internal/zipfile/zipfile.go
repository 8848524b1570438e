package zipfile

import (
	"bufio"
	"compress/flate"
	"hash"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// The compression methods that are read.
const (
	store   = 0
	deflate = 8
)

// Expansion of an archive: all members together may be unpacked to
// budgetBytes + budgetRatio × the archive's size. Trained weights shrink by a
// tenth, deflate's limit is 1:1032.
const (
	budgetBytes = 64 << 20
	budgetRatio = 32
)

// Member is one file in an archive.
type Member struct {
	Name       string
	Size       int64 // unpacked
	packed     int64
	header     int64 // offset of the local header
	data       int64 // offset of the packed bytes, once the layout is checked
	crc        uint32
	flags      uint16
	method     uint16
	descriptor bool // sizes and CRC follow the data
}

// Archive is a zip archive whose layout has been checked.
type Archive struct {
	Members []Member // in the order of the central directory
	r       io.ReaderAt
}

// Open reads the central directory and checks it against the local headers.
// No member is unpacked yet.
func Open(r io.ReaderAt, size int64, lim limit.Limits) (*Archive, error) {
	lim = lim.OrDefault()
	end, err := findEnd(r, size)
	if err != nil {
		return nil, err
	}
	members, err := readDirectory(r, end, lim)
	if err != nil {
		return nil, err
	}
	if err := checkNames(members, lim); err != nil {
		return nil, err
	}
	if err := checkBudget(members, size, lim); err != nil {
		return nil, err
	}
	if err := checkLayout(r, members, end.directory); err != nil {
		return nil, err
	}
	return &Archive{Members: members, r: r}, nil
}

// checkNames refuses a name that comes twice and names that no tool should
// ever see; what remains is still not to be used as a path.
func checkNames(members []Member, lim limit.Limits) error {
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		if seen[m.Name] {
			return errs.FormatAt(m.header, "zip member "+errs.Quote(m.Name), "the name comes twice")
		}
		seen[m.Name] = true
		if why := BadName(m.Name, lim); why != "" {
			return errs.FormatAt(m.header, "zip member "+errs.Quote(m.Name), "the name %s", why)
		}
	}
	return nil
}

// BadName says what is wrong with a member's name, "" if nothing.
func BadName(name string, lim limit.Limits) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > lim.OrDefault().NameBytes:
		return "is longer than the limit"
	case !utf8.ValidString(name):
		return "is not UTF-8"
	case strings.ContainsRune(name, 0):
		return "contains NUL"
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(name, `\`, "/"), "/") {
		if part == ".." {
			return `contains ".."`
		}
	}
	return ""
}

func checkBudget(members []Member, size int64, lim limit.Limits) error {
	budget := min(lim.TotalBytes, budgetBytes+budgetRatio*size)
	left := budget
	for _, m := range members {
		if m.Size > left {
			return errs.FormatAt(m.header, "zip member "+errs.Quote(m.Name),
				"%d bytes unpacked, allowed %d in all for an archive of %d bytes", m.Size, budget, size)
		}
		left -= m.Size
	}
	return nil
}

// Open returns the member's unpacked bytes. The reader's last Read is io.EOF
// only if there were exactly Size bytes of the recorded CRC, and an error that
// says so otherwise: read to the end before trusting anything.
func (a *Archive) Open(m Member) io.Reader {
	packed := bufio.NewReaderSize(io.NewSectionReader(a.r, m.data, m.packed), int(min(m.packed, 4<<10)))
	r := &reader{member: m, packed: packed, unpacked: packed, left: m.Size, sum: crc32.NewIEEE()}
	if m.method == deflate {
		r.unpacked = flate.NewReader(packed)
	}
	return r
}

// reader counts and sums what a member unpacks to.
type reader struct {
	member   Member
	packed   *bufio.Reader
	unpacked io.Reader
	left     int64
	sum      hash.Hash32
	err      error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.unpacked.Read(p)
	if int64(n) > r.left {
		n, err = 0, r.fail("unpacks to more than the %d bytes recorded", r.member.Size)
	}
	r.left -= int64(n)
	r.sum.Write(p[:n])
	switch {
	case err == io.EOF:
		err = r.finish()
	case err != nil:
		if _, ours := err.(*errs.FormatError); !ours {
			err = r.fail("%w", err)
		}
	}
	r.err = err
	return n, err
}

func (r *reader) finish() error {
	if r.left != 0 {
		return r.fail("unpacks to %d bytes less than the %d recorded", r.left, r.member.Size)
	}
	if _, err := r.packed.ReadByte(); err != io.EOF {
		return r.fail("packed data goes on after its end")
	}
	if sum := r.sum.Sum32(); sum != r.member.crc {
		return r.fail("CRC-32 is %08x, recorded %08x", sum, r.member.crc)
	}
	return io.EOF
}

func (r *reader) fail(format string, args ...any) error {
	return errs.FormatAt(r.member.data, "zip member "+errs.Quote(r.member.Name), format, args...)
}
