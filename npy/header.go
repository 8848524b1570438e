package npy

import (
	"encoding/binary"
	"io"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

const (
	magic = "\x93NUMPY"

	// maxHeader is NumPy's own bound on a header's text.
	maxHeader = 10_000
)

// header is what a .npy file says about its data.
type header struct {
	dtype   tensor.DType
	big     bool // big-endian
	fortran bool // first index fastest
	shape   []int
}

// readHeader reads up to the first byte of data and returns its offset.
func readHeader(r io.Reader, size int64) (header, int64, error) {
	var prefix [12]byte // magic, version, length of 2 or 4 bytes
	n := int64(10)
	if size < n {
		return header{}, 0, errs.FormatAt(0, "", "%d bytes, a .npy file has at least 10", size)
	}
	if _, err := io.ReadFull(r, prefix[:n]); err != nil {
		return header{}, 0, readError(0, err)
	}
	if string(prefix[:len(magic)]) != magic {
		return header{}, 0, errs.FormatAt(0, "", "begins with % x, a .npy file with % x", prefix[:len(magic)], magic)
	}
	length := int64(binary.LittleEndian.Uint16(prefix[8:]))
	switch major, minor := prefix[6], prefix[7]; {
	case minor != 0 || major < 1 || major > 3:
		return header{}, 0, errs.FormatAt(6, "version", "%d.%d, allowed 1.0, 2.0 and 3.0", major, minor)
	case major > 1:
		n = 12
		if size < n {
			return header{}, 0, errs.FormatAt(10, "", "the file ends within the header's length")
		}
		if _, err := io.ReadFull(r, prefix[10:]); err != nil {
			return header{}, 0, readError(10, err)
		}
		length = int64(binary.LittleEndian.Uint32(prefix[8:]))
	}
	if length > maxHeader || length > size-n {
		return header{}, 0, errs.FormatAt(8, "header length", "%d, allowed %d and what the file has left (%d)", length, maxHeader, size-n)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, 0, readError(n, err)
	}
	h, err := parseHeader(string(text), n)
	return h, n + length, err
}

func readError(offset int64, err error) error {
	if e, ok := err.(*errs.FormatError); ok {
		return e // of the archive around this file
	}
	return errs.FormatAt(offset, "", "cannot read: %w", err)
}

// parser reads a header's text: a Python dict literal with exactly the keys
// descr, fortran_order and shape. It knows no other literals than those need,
// so nothing in it can nest.
type parser struct {
	text string
	pos  int
	base int64 // offset of text in the file
}

func parseHeader(text string, base int64) (header, error) {
	p := &parser{text: text, base: base}
	var h header
	seen := map[string]bool{}
	if !p.take('{') {
		return h, p.fail("expected {")
	}
	for !p.take('}') {
		key, err := p.str()
		if err != nil {
			return h, err
		}
		if seen[key] {
			return h, p.fail("key %s twice", errs.Quote(key))
		}
		seen[key] = true
		if !p.take(':') {
			return h, p.fail("expected : after the key %s", errs.Quote(key))
		}
		if err := p.value(key, &h); err != nil {
			return h, err
		}
		if !p.take(',') {
			if !p.take('}') {
				return h, p.fail("expected , or } after the value of %s", errs.Quote(key))
			}
			break
		}
	}
	if len(seen) != 3 {
		return h, p.fail("%d of the 3 keys descr, fortran_order and shape", len(seen))
	}
	if p.skip(); p.pos < len(p.text) {
		return h, p.fail("text after the closing }")
	}
	return h, nil
}

func (p *parser) value(key string, h *header) (err error) {
	switch key {
	case "descr":
		h.dtype, h.big, err = p.descr()
	case "fortran_order":
		switch rest := p.text[p.pos:]; {
		case p.word("True"):
			h.fortran = true
		case p.word("False"):
		default:
			err = p.fail("fortran_order is %s, allowed True and False", errs.Quote(rest[:min(8, len(rest))]))
		}
	case "shape":
		h.shape, err = p.shape()
	default:
		err = p.fail("unknown key %s, allowed descr, fortran_order and shape", errs.Quote(key))
	}
	return err
}

// dtypes has the element types by the part of descr after the byte order.
var dtypes = map[string]tensor.DType{
	"b1": tensor.Bool, "?": tensor.Bool,
	"i1": tensor.Int8, "i2": tensor.Int16, "i4": tensor.Int32, "i8": tensor.Int64,
	"u1": tensor.Uint8, "u2": tensor.Uint16, "u4": tensor.Uint32, "u8": tensor.Uint64,
	"f2": tensor.Float16, "f4": tensor.Float32, "f8": tensor.Float64,
	"c8": tensor.Complex64, "c16": tensor.Complex128,
	"V2": tensor.BFloat16,
}

func (p *parser) descr() (d tensor.DType, big bool, err error) {
	s, err := p.str()
	if err != nil {
		return 0, false, err
	}
	order, name := byte('|'), s
	if s != "" && strings.IndexByte("<>|", s[0]) >= 0 {
		order, name = s[0], s[1:]
	}
	d, ok := dtypes[name]
	if !ok {
		return 0, false, p.fail("descr is %s, allowed are booleans, integers, floats and complex numbers", errs.Quote(s))
	}
	if order == '|' && d.Bits() > 8 && d != tensor.BFloat16 {
		return 0, false, p.fail("descr is %s: the byte order is missing", errs.Quote(s))
	}
	return d, order == '>', nil
}

func (p *parser) shape() ([]int, error) {
	if !p.take('(') {
		return nil, p.fail("shape: expected a tuple")
	}
	shape := []int{}
	for !p.take(')') {
		if len(shape) == tensor.MaxRank {
			return nil, p.fail("shape: more than %d dimensions", tensor.MaxRank)
		}
		p.skip()
		start := p.pos
		for p.pos < len(p.text) && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' {
			p.pos++
		}
		dim, err := strconv.Atoi(p.text[start:p.pos])
		if err != nil {
			return nil, p.fail("shape: dimension %d is no number from 0 to 2^63-1", len(shape))
		}
		shape = append(shape, dim)
		if p.take(',') {
			continue
		}
		if len(shape) == 1 || !p.take(')') { // (3) is a number, (3,) a tuple
			return nil, p.fail("shape: expected , after dimension %d", len(shape)-1)
		}
		break
	}
	return shape, nil
}

// str reads a string without escapes in either kind of quotes.
func (p *parser) str() (string, error) {
	p.skip()
	if p.pos < len(p.text) {
		if quote := p.text[p.pos]; quote == '\'' || quote == '"' {
			rest := p.text[p.pos+1:]
			if end := strings.IndexByte(rest, quote); end >= 0 && !strings.Contains(rest[:end], `\`) {
				p.pos += end + 2
				return rest[:end], nil
			}
		}
	}
	return "", p.fail("expected a string")
}

func (p *parser) word(w string) bool {
	p.skip()
	if !strings.HasPrefix(p.text[p.pos:], w) {
		return false
	}
	p.pos += len(w)
	return true
}

func (p *parser) take(c byte) bool {
	p.skip()
	if p.pos == len(p.text) || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) skip() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) fail(format string, args ...any) error {
	return errs.FormatAt(p.base+int64(p.pos), "header", format, args...)
}
