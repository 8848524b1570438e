package pickle

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// Env gives meaning to what a pickle takes from outside itself.
type Env interface {
	// Call makes what calling g would return, or refuses. newObj reports whether
	// g.__new__ is meant (NEWOBJ) and not g itself (REDUCE).
	Call(g Global, args Tuple, newObj bool) (any, error)

	// Persistent returns the object that a persistent ID stands for.
	Persistent(id any) (any, error)
}

// Decoder reads pickles that stand one after another.
type Decoder struct {
	r       *bufio.Reader
	pos     int64 // offset of the next byte
	end     int64 // offset behind the last byte
	opcodes int   // still allowed
	most    int   // opcodes allowed in all
	lim     limit.Limits
}

// NewDecoder returns a decoder of the size bytes in r. Offsets in errors count
// from where r begins. All pickles of one decoder together have at most half as
// many opcodes as lim.Messages: one byte can make a dictionary. MixNet-S with
// its optimizer and its averages has 55,000.
func NewDecoder(r io.Reader, size int64, lim limit.Limits) *Decoder {
	lim = lim.OrDefault()
	most := lim.Messages / 2
	return &Decoder{r: bufio.NewReader(r), end: size, opcodes: most, most: most, lim: lim}
}

// Offset is where the next pickle begins.
func (d *Decoder) Offset() int64 { return d.pos }

// Close checks that nothing follows what has been read, and that r (an
// archive's member with a checksum) ends without an error.
func (d *Decoder) Close() error {
	if left := d.end - d.pos; left != 0 {
		return errs.FormatAt(d.pos, "pickle", "%d bytes after the opcode STOP", left)
	}
	if _, err := d.r.ReadByte(); err != io.EOF {
		return readError(d.pos, err)
	}
	return nil
}

// Decode reads one pickle.
func (d *Decoder) Decode(env Env) (any, error) {
	m := &machine{d: d, env: env, memo: map[uint32]any{}}
	for {
		start := d.pos
		if start == d.end {
			return nil, errs.FormatAt(start, "pickle", "ends without the opcode STOP")
		}
		code, err := d.byte()
		if err != nil {
			return nil, d.locate(err, start, "pickle")
		}
		if d.opcodes--; d.opcodes < 0 {
			return nil, errs.FormatAt(start, "pickle", "more than the %d opcodes allowed", d.most)
		}
		op := opcodes[code]
		if op.run == nil {
			return nil, errs.FormatAt(start, "pickle", "opcode %#02x, allowed are the binary ones of protocols 2 to 4", code)
		}
		if !m.started && code != protoCode {
			return nil, errs.FormatAt(start, "pickle", "begins with the opcode %s, allowed is PROTO", op.name)
		}
		err = op.run(m)
		if err == errStop {
			return m.stack[0], nil
		}
		if err != nil {
			return nil, d.locate(err, start, "pickle opcode "+op.name)
		}
	}
}

// locate gives an error of an opcode its place.
func (d *Decoder) locate(err error, offset int64, field string) error {
	var e *errs.FormatError
	if errors.As(err, &e) && e.Offset >= 0 {
		return err // of the archive around the pickle
	}
	var u *errs.UnsupportedError
	if errors.As(err, &u) {
		return err
	}
	return errs.FormatAt(offset, field, "%w", err)
}

func (d *Decoder) byte() (byte, error) {
	b, err := d.bytes(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// small returns the next n bytes, valid until the next read.
func (d *Decoder) small(n int) ([]byte, error) {
	if int64(n) > d.end-d.pos {
		return nil, fmt.Errorf("%d bytes are wanted, %d are left", n, d.end-d.pos)
	}
	b, err := d.r.Peek(n)
	if err != nil {
		return nil, readError(d.pos, err)
	}
	d.r.Discard(n)
	d.pos += int64(n)
	return b, nil
}

// bytes returns a copy of the next n bytes.
func (d *Decoder) bytes(n uint64) ([]byte, error) {
	if n <= 64 {
		return d.small(int(n))
	}
	if n > uint64(d.end-d.pos) {
		return nil, fmt.Errorf("%d bytes are wanted, %d are left", n, d.end-d.pos)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(d.r, b); err != nil {
		return nil, readError(d.pos, err)
	}
	d.pos += int64(n)
	return b, nil
}

// line returns the text up to the next newline.
func (d *Decoder) line() (string, error) {
	var text []byte
	for {
		c, err := d.byte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(text), nil
		}
		if text = append(text, c); len(text) > d.lim.NameBytes {
			return "", fmt.Errorf("a name of more than %d bytes", d.lim.NameBytes)
		}
	}
}

func readError(offset int64, err error) error {
	if e, ok := err.(*errs.FormatError); ok {
		return e
	}
	if err == nil {
		err = errors.New("there is more data than the size given")
	}
	return errs.FormatAt(offset, "pickle", "cannot read: %w", err)
}

func quote(s string) string { return errs.Quote(s) }
