package mixconv_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
)

// BenchmarkRun times one picture of 224×224 on one thread, the claim of the
// README; random weights take as long as trained ones.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"mixnet-s", "mixnet-m", "mixnet-l"} {
		n, err := convert.Named(name)
		if err != nil {
			b.Fatal(err)
		}
		weights := convert.Random(n, 1)
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			b.Run(name+"/"+string(form), func(b *testing.B) {
				m, err := convert.Lower(n, weights, convert.Options{MDConv: form, ImageSize: 224})
				if err != nil {
					b.Fatal(err)
				}
				s, err := mixconv.LoadModel(m, mixconv.Options{})
				if err != nil {
					b.Fatal(err)
				}
				in := mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 3*224*224), 1, 3, 224, 224)}
				out := mixconv.Tensors{"logits": mixconv.NewTensor(make([]float32, n.Classes), 1, n.Classes)}
				b.ReportAllocs()
				for b.Loop() {
					if err := s.RunInto(context.Background(), in, out); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkLoad times opening a file and the first run, which plans and packs
// weights. In a process of its own, as mixconv bench has it, both take longer:
// memory is touched for the first time there.
func BenchmarkLoad(b *testing.B) {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		b.Fatal(err)
	}
	m, err := convert.Lower(n, convert.Random(n, 1), convert.Options{ImageSize: 224})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "mixnet-s.onnx")
	if err := m.WriteFile(path); err != nil {
		b.Fatal(err)
	}
	in := mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 3*224*224), 1, 3, 224, 224)}
	b.ReportAllocs()
	for b.Loop() {
		s, err := mixconv.Load(path, mixconv.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Run(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}
