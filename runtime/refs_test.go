package runtime

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
)

// TestTF2ONNX runs a MixNet that tf2onnx wrote, NHWC with transposes, on both
// engines against TensorFlow's logits; no step may fall back.
func TestTF2ONNX(t *testing.T) {
	refs := filepath.Join(testenv.Refs(t), "onnx")
	m, err := onnx.ReadFile(filepath.Join(refs, "mixnet-m-w050.tf2onnx.onnx"), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	io, err := npy.ReadArchive(filepath.Join(refs, "mixnet-m-w050.io.npz"), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, m, Options{Engine: e})
		out, err := s.Run(context.Background(), Tensors{"input:0": io["input"]})
		if err != nil {
			t.Fatal(err)
		}
		requireClose(t, e.String(), Tensors{"logits": io["logits"]}, Tensors{"logits": out["logits:0"]})
		if e == Planned {
			fallbacks, err := s.Fallbacks()
			if err != nil || len(fallbacks) > 0 {
				t.Errorf("fallbacks %q, %v", fallbacks, err)
			}
		}
	}
}
