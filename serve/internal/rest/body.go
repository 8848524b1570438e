package rest

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/guard"
	"github.com/mixconv/mixconv/serve/internal/oip"
)

// body is a request's body, decompressed, of which no more is read than limits allow.
type body struct {
	from   io.Reader
	length int64 // what is left of it; -1: not known before the end
	left   int64 // bytes that limits still allow
	most   int64

	memory *guard.Memory
	held   int64 // bytes of memory
}

// step is how much memory is asked for at once: a caller holds what it has sent, not what
// it says that it will send.
const step = 1 << 20

// newBody begins to read a request's body.
func newBody(r *http.Request, most int64, memory *guard.Memory) (*body, error) {
	b := &body{from: r.Body, length: r.ContentLength, left: most, most: most, memory: memory}
	if r.ContentLength > most {
		return nil, b.tooLarge()
	}
	var err error
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return b, nil
	case "gzip":
		b.from, err = gzip.NewReader(r.Body)
	case "deflate":
		b.from, err = zlib.NewReader(r.Body)
	default:
		e := oip.Invalidf("Content-Encoding %s: allowed are gzip, deflate and identity", errs.Quote(encoding))
		e.Status = http.StatusUnsupportedMediaType
		return nil, e
	}
	b.length = -1
	if err != nil {
		return nil, b.explain(err)
	}
	return b, nil
}

func (b *body) tooLarge() error { return oip.TooLarge("body: more than %d bytes", b.most) }

// close gives back the memory that b holds.
func (b *body) close() { b.memory.Release(b.held) }

// Read reads what limits allow.
func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more says that it is too large
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, b.tooLarge()
	}
	if b.length >= 0 {
		b.length -= int64(n)
	}
	return n, err
}

// reserve takes memory for so many bytes that are about to be read.
func (b *body) reserve(n int) error {
	if !b.memory.Reserve(int64(n)) {
		return oip.Errorf(oip.Exhausted, "requests hold as much memory as they may")
	}
	b.held += int64(n)
	return nil
}

// fill reads as much as dst has room for.
func (b *body) fill(dst []byte, what string) error {
	for at := 0; at < len(dst); at += step {
		part := dst[at:min(at+step, len(dst))]
		if err := b.reserve(len(part)); err != nil {
			return err
		}
		if n, err := io.ReadFull(b, part); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return oip.Invalidf("%s: the body ends after %d of %d bytes", what, at+n, len(dst))
			}
			return b.explain(err)
		}
	}
	return nil
}

// all reads b to its end.
func (b *body) all() ([]byte, error) {
	if b.length >= 0 {
		data := make([]byte, b.length)
		if err := b.fill(data, "body"); err != nil {
			return nil, err
		}
		return data, b.end("body")
	}
	var data []byte
	for {
		if len(data) == cap(data) {
			more := min(max(cap(data), 4<<10), step)
			if err := b.reserve(more); err != nil {
				return nil, err
			}
			data = append(make([]byte, 0, cap(data)+more), data...)
		}
		n, err := b.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, b.explain(err)
		}
	}
}

// end wants nothing more to come.
func (b *body) end(behind string) error {
	var one [1]byte
	switch n, err := io.ReadFull(b, one[:]); {
	case n > 0:
		return oip.Invalidf("there is more behind the %s", behind)
	case err != io.EOF:
		return b.explain(err)
	}
	return nil
}

// explain says what is wrong with a body that cannot be read.
func (b *body) explain(err error) error {
	var e *oip.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, os.ErrDeadlineExceeded):
		e = oip.Errorf(oip.TooLate, "body: it does not come in the time allowed")
		e.Status = http.StatusRequestTimeout
		return e
	}
	return oip.Invalidf("body: %s", oip.AsError(fmt.Errorf("%w", err)).Msg)
}
