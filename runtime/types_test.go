package runtime

import (
	"context"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// TestKernelsOfEightBits plans a quantised model for made-up kernels that compute with 8
// bits: passes leave its operators alone, which have no lowering yet and fall back. For
// kernels of float32 nothing falls back.
func TestKernelsOfEightBits(t *testing.T) {
	c := quantisedConvs[1]
	floats := newSession(t, c.model(true), Options{})
	in := randomInput(floats, 1, 1)
	want := run(t, floats, in)
	if list, err := floats.Fallbacks(); err != nil || len(list) != 0 {
		t.Errorf("kernels of float32: fallbacks %q, error %v", list, err)
	}

	set := kernel.Portable
	set.Name, set.Types = "made-up", []tensor.DType{tensor.Float32, tensor.Int8}
	bytes := floats.plannedFor(&set)
	if err := bytes.prepareGraphs(limit.NewLoad(t.Context(), limit.Limits{}), floats.typed); err != nil {
		t.Fatal(err)
	}
	list, err := bytes.Fallbacks()
	if err != nil || !strings.Contains(strings.Join(list, ","), "QLinearConv") {
		t.Errorf("kernels of 8 bits: fallbacks %q, error %v", list, err)
	}
	got, err := bytes.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	requireClose(t, "made-up kernels", want, got)
}
