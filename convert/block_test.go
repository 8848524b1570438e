package convert

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestNamedBlocksPrintToTheLetter(t *testing.T) {
	for _, row := range networks {
		for _, want := range strings.Fields(strings.Join(row.stages, " ")) {
			b, err := ParseBlock(want)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.String(); got != want {
				t.Errorf("%s: %s printed as %s", row.name, want, got)
			}
		}
	}
}

func TestParseBlock(t *testing.T) {
	want := Block{
		Repeat: 3, Kernels: []int{3, 5, 7}, Expand: []int{1, 1}, Project: []int{1, 1}, Stride: 1,
		ExpandRatio: 6, In: 40, Out: 80, SERatio: 0.5, NoSkip: true, Activation: Swish, Dilated: true,
	}
	const printed = "r3_k3.5.7_a1.1_p1.1_s11_e6_i40_o80_se0.5_noskip_sw_dilated"
	for _, s := range []string{
		printed,
		"r3_k3.5.7_a1.1_p1.1_s11_e6_i40_o80_se0.5_sw_dilated_noskip",
		"dilated_o80_i40_e6_s11_p1.1_a1.1_k3.5.7_r3_sw_noskip_se.5",
	} {
		got, err := ParseBlock(s)
		if strings.Contains(s, "se.5") { // the official decoder cuts a field before its first digit
			if err == nil {
				t.Errorf("%s: parsed as %v", s, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) || got.String() != printed {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
}

func TestParseBlockErrors(t *testing.T) {
	for s, want := range map[string]string{
		"":                                         "unknown",
		"r1_k3_a1_p1_s11_e1_i16":                   "field o: missing",
		"r0_k3_a1_p1_s11_e1_i8_o8":                 "field r0: must be a number from 1 to 100",
		"r1_k3_a1_p1_s1_e1_i8_o8":                  "field s1: must be two equal digits",
		"r1_k3_a1_p1_s12_e1_i8_o8":                 "two equal digits",
		"r1_k3_a1_p1_s00_e1_i8_o8":                 "two equal digits",
		"r1_k3._a1_p1_s11_e1_i8_o8":                "kernel size 1 must be",
		"r1_k1.2.3.4.5.6.7.8.9_a1_p1_s11_e1_i8_o8": "9 groups, allowed at most 8",
		"r1_r2_k3_a1_p1_s11_e1_i8_o8":              "field r: given twice",
		"r1_k3_a1_p1_s11_e1_i8_o8_se0":             "above 0 and at most 1",
		"r1_k3_a1_p1_s11_e1_i8_o8_se1.5":           "above 0 and at most 1",
		"r1_k3_a1_p1_s11_e1_i8_o8_se0x1p-1":        "above 0 and at most 1",
		"r1_k3_a1_p1_s11_e1_i8_o8_sw2":             "sw takes no number",
		"r1_k3_a1_p1_s11_e1_i8_o8_swish":           "unknown",
		"r1_k3_a1_p1_s11_e1_i8_o99999999":          "from 1 to 65536",
		"r1_k3.1_a1_p1_s11_e1_i8_o8_dilated":       "dilated, each must be 3 or more",
	} {
		b, err := ParseBlock(s)
		if err == nil {
			t.Errorf("%q: parsed as %v", s, b)
			continue
		}
		if msg := err.Error(); !strings.Contains(msg, want) || strings.Contains(msg, "\n") {
			t.Errorf("%q: %q, want %q in it", s, msg, want)
		}
	}
}

// TestParseFormat: parsing what String prints gives the block back.
func TestParseFormat(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		want := randomBlock(r)
		got, err := ParseBlock(want.String())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v printed as %s, parsed as %+v, %v", want, want, got, err)
		}
	}
}

func randomBlock(r *rand.Rand) Block {
	kernels := func(least int) []int {
		sizes := make([]int, 1+r.IntN(maxGroups))
		for i := range sizes {
			sizes[i] = least + r.IntN(maxKernel+1-least)
		}
		return sizes
	}
	b := Block{
		Repeat: 1 + r.IntN(maxRepeat), Kernels: kernels(3), Expand: kernels(1), Project: kernels(1),
		Stride: 1 + r.IntN(9), ExpandRatio: float64(1 + r.IntN(maxExpand)),
		In: 1 + r.IntN(maxChannels), Out: 1 + r.IntN(maxChannels),
		NoSkip: r.IntN(2) == 0, Activation: []Activation{"", Swish}[r.IntN(2)], Dilated: r.IntN(2) == 0,
	}
	switch r.IntN(4) {
	case 0:
		b.SERatio = 1 - r.Float64()
	case 1:
		b.SERatio = (1 - r.Float64()) * 1e-6
	case 2:
		b.SERatio = []float64{1, 0.5, 0.25, 0.0625, 1e-4, 1e-5}[r.IntN(6)]
	}
	return b
}

func FuzzParseBlock(f *testing.F) {
	for _, row := range networks {
		for _, s := range strings.Fields(strings.Join(row.stages, " ")) {
			f.Add(s)
		}
	}
	f.Add("r3_k3.5.7_a1.1_p1.1_s11_e6_i40_o80_se1e-05_noskip_sw_dilated")
	f.Add("r1_k3_a1_p1_s22_e1_i8_o8_sw\x00")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBlock(s)
		if err != nil {
			return
		}
		again, err := ParseBlock(b.String())
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Fatalf("%q parsed as %+v, printed as %s, parsed as %+v, %v", s, b, b, again, err)
		}
	})
}
