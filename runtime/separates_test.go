package runtime

import (
	"context"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestSeparates: of the cases of batches, those that mix pictures are told from those
// that do not, on either engine.
func TestSeparates(t *testing.T) {
	for _, c := range batchCases {
		if c.x[0] != tensor.Unknown {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			for _, engine := range []Engine{Planned, Reference} {
				s := newSession(t, c.model(), Options{Engine: engine})
				shapes := Shapes{}
				for name, x := range randomInput(s, 1, 3) {
					shapes[name] = x.Shape
				}
				if err := s.Separates(context.Background(), shapes); (err != nil) != c.mixes {
					t.Errorf("%s engine: %v, and the case mixes pictures: %v", engine, err, c.mixes)
				}
				for name := range shapes {
					shapes[name] = tensor.Shape{}
					if err := s.Separates(context.Background(), shapes); err == nil {
						t.Errorf("%s engine: a scalar for %s is no error", engine, name)
					}
				}
			}
		})
	}
}
