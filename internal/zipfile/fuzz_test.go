package zipfile_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/zipfile"
	"github.com/mixconv/mixconv/limit"
)

// FuzzZip: what is read is what the standard library reads, which takes more; an error
// is one line.
func FuzzZip(f *testing.F) {
	f.Add(archive(f, zip.Store, false))
	f.Add(archive(f, zip.Deflate, true))
	f.Add(with64(archive(f, zip.Store, true)))
	lim := limit.Limits{Nodes: 64, TensorBytes: 1 << 16, TotalBytes: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := zipfile.Open(bytes.NewReader(data), int64(len(data)), lim)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		std, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil || len(std.File) != len(a.Members) {
			t.Fatalf("%d members where archive/zip has %v", len(a.Members), err)
		}
		left := int64(1 << 20) // unpacked, for a quick input
		for i, m := range a.Members {
			if m.Size > left {
				return
			}
			left -= m.Size
			got, err := io.ReadAll(a.Open(m))
			if err != nil {
				continue
			}
			r, err := std.File[i].Open()
			if err != nil {
				t.Fatalf("member %q: archive/zip: %v", m.Name, err)
			}
			want, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, want) || int64(len(got)) != m.Size {
				t.Errorf("member %q: %q, archive/zip %q, %v", m.Name, got, want, err)
			}
		}
	})
}
