package conformance

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	compression = "compression"
	encodings   = "RFC 9110, 8.4"
)

var compressionCases = []testCase{
	{compression, "a body in gzip", encodings, "", compressed("gzip", gzipped)},
	{compression, "a body in deflate (zlib)", encodings, "", compressed("deflate", deflated)},
	{compression, "an answer in gzip", encodings, "", wantsCompressed("gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })},
	{compression, "an answer in deflate (zlib)", encodings, "", wantsCompressed("deflate", func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })},
	{compression, "an answer as it is where nothing is asked for", encodings, "", func(ctx context.Context, s *suite) error {
		a, err := s.post(ctx, s.path("/infer"), encode(s.request(nil)), "Content-Type", "application/json", "Accept-Encoding", "identity")
		if err != nil {
			return err
		}
		encoding := a.header.Get("Content-Encoding")
		return equal("Content-Encoding", encoding, encoding == "" || encoding == "identity", "none")
	}},
	{compression, "gzip that is none is an error", encodings, "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(nil)), "Content-Encoding", "gzip")
	}},
	{compression, "gzip that ends too early is an error", encodings, "", func(ctx context.Context, s *suite) error {
		body := gzipped(encode(s.request(nil)))
		return s.refuses(ctx, s.path("/infer"), body[:len(body)/2], "Content-Encoding", "gzip")
	}},
	{compression, "gzip with a wrong checksum is an error", "RFC 1952, 2.3.1", "", func(ctx context.Context, s *suite) error {
		body := gzipped(encode(s.request(nil)))
		body[len(body)-5] ^= 1
		return s.refuses(ctx, s.path("/infer"), body, "Content-Encoding", "gzip")
	}},
	{compression, "an encoding that nobody knows is an error", encodings, "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(nil)), "Content-Encoding", "mixconv-none")
	}},
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return b.Bytes()
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// unsupported: the text leaves encodings open, so a server may say 415.
func unsupported(a *answer, encoding string) error {
	if a.status == http.StatusUnsupportedMediaType {
		return &inapplicable{"the server takes no " + encoding}
	}
	return nil
}

func compressed(encoding string, compress func([]byte) []byte) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		want, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		a, err := s.post(ctx, s.path("/infer"), compress(encode(s.request(nil))), "Content-Type", "application/json", "Content-Encoding", encoding)
		if err != nil {
			return err
		}
		if err := unsupported(a, encoding); err != nil {
			return err
		}
		got, err := a.response()
		if err != nil {
			return err
		}
		return same("in "+encoding, want, got)
	}
}

func wantsCompressed(encoding string, reader func(io.Reader) (io.Reader, error)) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		want, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		a, err := s.post(ctx, s.path("/infer"), encode(s.request(nil)), "Content-Type", "application/json", "Accept-Encoding", encoding)
		if err != nil {
			return err
		}
		switch got := a.header.Get("Content-Encoding"); {
		case got == "" || strings.EqualFold(got, "identity"):
			return &inapplicable{"the server does not compress answers"}
		case !strings.EqualFold(got, encoding):
			return fmt.Errorf("Content-Encoding %q, demanded %s", got, encoding)
		}
		r, err := reader(bytes.NewReader(a.body))
		if err != nil {
			return err
		}
		if a.body, err = io.ReadAll(io.LimitReader(r, maxAnswer)); err != nil {
			return err
		}
		got, err := a.response()
		if err != nil {
			return err
		}
		return same("in "+encoding, want, got)
	}
}

func bodyOf(parts ...[]byte) io.Reader { return bytes.NewReader(slices.Concat(parts...)) }
