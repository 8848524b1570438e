package mixconv_test

import (
	"context"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/converttest"
)

// BenchmarkRun times one picture of 224×224 on one thread, the claim of the
// README; random weights take as long as trained ones.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"mixnet-s", "mixnet-m", "mixnet-l"} {
		n, err := convert.Named(name)
		if err != nil {
			b.Fatal(err)
		}
		weights := converttest.Weights(n, 1)
		for _, form := range []convert.Form{mixconv.Split, mixconv.Fused} {
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
