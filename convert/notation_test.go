package convert

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseBlockOfAKind(t *testing.T) {
	want := Block{
		Kind: InvertedResidual, Repeat: 2, Kernels: []int{3, 5}, Expand: []int{1, 1}, Project: []int{1}, Stride: 2,
		ExpandRatio: 3.67, Out: 24, SERatio: 0.25, Activation: ReLU6, NoSkip: true, Exponential: true, Dilated: true,
	}
	const printed = "ir_r2_k3.5_a1.1_s2_e3.67_c24_se0.25_nr6_noskip_exp_dilated"
	for _, s := range []string{printed, "ir_dilated_exp_noskip_nr6_se0.25_c24_e3.67_s2_p1_a1.1_k3.5_r2"} {
		got, err := ParseBlock(s)
		if err != nil || !reflect.DeepEqual(got, want) || got.String() != printed {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		"xx_r1_k3_s1_c16":              "unknown",
		"ir_r1_k3_s1_c16":              "field e: missing",
		"ir_r1_k3_s1_e0.5_c16":         "from 1 to 100",
		"ir_r1_k3_s1_e0x2_c16":         "from 1 to 100",
		"ir_r1_k3_s11_e6_c16":          "from 1 to 9",
		"ir_r1_k3_s1_e6_i8_c16":        "field i8: unknown",
		"ir_r1_k3_s1_e6_c16_sw":        "field sw: unknown",
		"ir_r1_k3_s1_e6_c16_nxx":       "field nxx: unknown",
		"ds_r1_k3_s1_e6_c16":           "ds does not expand",
		"ds_r1_k3_a1.1_s1_c16":         "field a1.1: unknown",
		"dsa_r1_k3_s1_c16_noskip":      "field noskip: unknown",
		"cn_r1_k3.5_s1_c16":            "cn takes one",
		"su_r1_k3_s2_c16_se0.25":       "field se0.25: unknown",
		"id_r1_c16":                    "field c16: unknown",
		"id":                           "field r: missing",
		"ir_r1_k1_s1_e6_c16_dilated":   "each must be 3 or more",
		"ir_r1_k3_s1_e6_c16_nre_nr6":   "field n: given twice",
		"r1_k3_a1_p1_s11_e2.5_i8_o8":   "from 1 to 100",
		"r1_k3_a1_p1_s11_e1_i8_o8_nr6": "unknown",
	} {
		b, err := ParseBlock(s)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, %v, want %q", s, b, err, want)
		}
	}
}

// TestParseFormatOfAKind: parsing what String prints gives the block back.
func TestParseFormatOfAKind(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	kinds := []BlockKind{InvertedResidual, DepthwiseSeparable, Separable, Plain, Shuffled, Skipped}
	activations := []Activation{"", ReLU, ReLU6, Swish, HardSwish}
	for range 10_000 {
		b := randomBlock(r)
		b.Kind, b.In = kinds[r.IntN(len(kinds))], 0
		b.Activation, b.Exponential = activations[r.IntN(len(activations))], r.IntN(2) == 0
		if b.ExpandRatio = 0; b.Kind == InvertedResidual {
			b.ExpandRatio = 1 + float64(r.IntN(900))/100
		}
		takes := notations[b.Kind].optional
		for flag, drop := range map[string]func(){
			"a": func() { b.Expand = []int{1} }, "p": func() { b.Project = []int{1} }, "se": func() { b.SERatio = 0 },
			"n": func() { b.Activation = "" }, "noskip": func() { b.NoSkip = false },
			"exp": func() { b.Exponential = false }, "dilated": func() { b.Dilated = false },
		} {
			if !slices.Contains(takes, flag) {
				drop()
			}
		}
		switch b.Kind {
		case Plain:
			b.Kernels = b.Kernels[:1]
		case Skipped:
			b = Block{Kind: Skipped, Repeat: b.Repeat, Expand: []int{1}, Project: []int{1}}
		}
		got, err := ParseBlock(b.String())
		if err != nil || !reflect.DeepEqual(got, b) {
			t.Fatalf("%+v printed as %s, parsed as %+v, %v", b, b, got, err)
		}
	}
}
