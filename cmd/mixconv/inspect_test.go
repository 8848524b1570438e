package main

import (
	"math"
	"testing"

	"github.com/mixconv/mixconv/convert"
)

// TestInspectNetworks has what inspect says of MixNet-S, M and L at 224×224
// with 1000 classes, whichever form their convolutions are in.
func TestInspectNetworks(t *testing.T) {
	for _, want := range []struct {
		name            string
		trained, params int64
		macs            float64 // millions
	}{
		{"mixnet-s", 4_134_606, 4_118_510, 239.2},
		{"mixnet-m", 5_014_382, 4_993_526, 339.2},
		{"mixnet-l", 7_329_252, 7_302_116, 555.3},
	} {
		n, err := convert.Named(want.name)
		if err != nil {
			t.Fatal(err)
		}
		weights := convert.Random(n, 1)
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			m, err := convert.Lower(n, weights, convert.Options{MDConv: form, ImageSize: 224})
			if err != nil {
				t.Fatal(err)
			}
			f, err := describeModel(t.Context(), "", m)
			if err != nil {
				t.Fatal(err)
			}
			if f.TrainedParams == nil || *f.TrainedParams != want.trained || f.Params != want.params || f.MACs == nil || math.Abs(float64(*f.MACs)/1e6-want.macs) > 0.05 {
				t.Errorf("%s, %s: %+v, want %+v", want.name, form, f, want)
			}
			if (f.MDConv > 0) != (form == convert.Fused) || len(f.Unsupported) > 0 {
				t.Errorf("%s, %s: %d fused, unsupported %v", want.name, form, f.MDConv, f.Unsupported)
			}
		}
	}
}
