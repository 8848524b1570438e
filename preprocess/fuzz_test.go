package preprocess

import (
	"bytes"
	"errors"
	"image"
	stdjpeg "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
)

// fuzzLimits keep a single input quick.
var fuzzLimits = limit.Limits{Pixels: 1 << 14}

func FuzzDecode(f *testing.F) {
	paths, err := filepath.Glob("testdata/pillow/*.[jp][pn]g")
	if err != nil || len(paths) < 50 {
		f.Fatalf("%d seeds, error %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 3000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data, fuzzLimits)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		if err := p.check(); err != nil || p.Width*p.Height > 1<<14 {
			t.Fatalf("%d × %d pixels, %v", p.Width, p.Height, err)
		}
		if m, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && (m.Width != p.Width || m.Height != p.Height) {
			t.Errorf("%d × %d pixels, the standard library has %d × %d", p.Width, p.Height, m.Width, m.Height)
		}
		for _, c := range []Config{ImageNet(Torch, 8), ImageNet(TensorFlow, 8)} {
			p, err := c.Decode(data, fuzzLimits)
			if err != nil {
				t.Fatalf("only for %s: %v", c.Kind, err)
			}
			if stages, err := c.Run(p); err == nil {
				requireSame(t, c, p, stages.Input())
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	p := madeUp(2, 640, 480)
	m := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Pix {
		m.Pix[i/3*4+i%3] = p.Pix[i]
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	var jpg, pn bytes.Buffer
	if err := errors.Join(stdjpeg.Encode(&jpg, m, nil), png.Encode(&pn, m)); err != nil {
		b.Fatal(err)
	}
	run := func(name string, data []byte, decode func([]byte) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(p.Pix)))
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	ours := func(kind Kind) func([]byte) error {
		return func(data []byte) error { _, err := Config{Kind: kind}.Decode(data, limit.Limits{}); return err }
	}
	run("jpeg/pillow", jpg.Bytes(), ours(Torch))
	run("jpeg/tensorflow", jpg.Bytes(), ours(TensorFlow))
	run("jpeg/standard library", jpg.Bytes(), func(data []byte) error { _, err := stdjpeg.Decode(bytes.NewReader(data)); return err })
	run("png", pn.Bytes(), ours(Torch))
}

func BenchmarkInto(b *testing.B) {
	p := madeUp(2, 640, 480)
	for _, c := range []Config{ImageNet(Torch, 224), ImageNet(TensorFlow, 224)} {
		b.Run(string(c.Kind), func(b *testing.B) {
			dst := make([]float32, 3*224*224)
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Into(dst, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
