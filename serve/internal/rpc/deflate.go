package rpc

import (
	"compress/zlib"
	"io"

	"connectrpc.com/connect"
)

// withDeflate adds the compression that gRPC calls deflate, which is zlib's format. gzip
// is there already.
func withDeflate() connect.HandlerOption {
	return connect.WithCompression("deflate",
		func() connect.Decompressor { return &inflater{} },
		func() connect.Compressor {
			w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed) // the level is one
			return w
		})
}

// inflater is a reader of zlib's format that can be used again.
type inflater struct{ r io.ReadCloser }

func (i *inflater) Read(p []byte) (int, error) { return i.r.Read(p) }

func (i *inflater) Close() error {
	if i.r == nil {
		return nil
	}
	return i.r.Close()
}

func (i *inflater) Reset(from io.Reader) (err error) {
	if again, ok := i.r.(zlib.Resetter); ok {
		return again.Reset(from, nil)
	}
	i.r, err = zlib.NewReader(from)
	return err
}
