package convert_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/preprocess"
)

const mobileNet = `# MobileNetV2
name mobilenetv2_140
stem 32
activation relu6   # everywhere
features 1792
width 1.4

stage ds_r1_k3_s1_c16
stage ir_r2_k3_s2_e6_c24
stage ir_r3_k3_s2_e6_c32
stage ir_r4_k3_s2_e6_c64
stage ir_r3_k3_s1_e6_c96
stage ir_r3_k3_s2_e6_c160
stage ir_r1_k3_s1_e6_c320
`

func TestParseArch(t *testing.T) {
	got, err := convert.ParseArch([]byte(mobileNet))
	if err != nil {
		t.Fatal(err)
	}
	want := named(t, "mobilenetv2_140")
	want.Preprocessing = preprocess.Config{} // of which a description says nothing
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	windows := strings.ReplaceAll(mobileNet, "\n", "\r\n")
	if got, err := convert.ParseArch([]byte(windows)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("with carriage returns: %+v, %v", got, err)
	}
}

// TestParseArchSettings sets everything, as MobileNetV3 has it.
func TestParseArchSettings(t *testing.T) {
	got, err := convert.ParseArch([]byte(`
name v3
code timm
padding same
epsilon 0.001
activation hard_swish
stem 16
fixed-stem yes
stem-pool no
head pooled
features 1024
classes 10
width 0.5
divisor 4
se-of expanded
se-divisor 8
se-activation relu
se-gate hard_sigmoid
stage ds_r1_k3_s2_c16_se0.25_nre
stage ir_r1_k5_s2_e4.5_c40_se0.25 cn_r1_k1_s1_c576
`))
	if err != nil {
		t.Fatal(err)
	}
	blocks := got.Blocks
	got.Blocks = nil
	want := convert.Network{
		Name: "v3", Stem: 16, FixedStem: true, FeatureSize: 1024, Classes: 10, DepthMultiplier: 0.5, DepthDivisor: 4,
		Stages: []int{1, 2}, Activation: convert.HardSwish, Head: convert.HeadPooled, Naming: convert.Timm,
		SqueezeExcite:    convert.SqueezeExcite{OfExpanded: true, Divisor: 8, Activation: convert.ReLU, HardGate: true},
		BatchNormEpsilon: 1e-3,
	}
	if !reflect.DeepEqual(got, want) || len(blocks) != 3 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestParseArchErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "stem: missing",
		"stem 8":                       "stage: missing",
		"stem 8\nstem 8":               "line 2: stem: given twice",
		"stem x":                       "line 1: stem: must be a number",
		"depth 2":                      "line 1: depth: not a setting",
		"name a b":                     `line 1: name: "a b", allowed`,
		"padding valid":                "line 1: padding: valid, allowed symmetric, same",
		"epsilon -1":                   "allowed 0 to 1",
		"epsilon nan":                  "allowed 0 to 1",
		"width 0":                      "allowed more than 0",
		"stage":                        "line 1: stage: no blocks",
		"stage ir_r1":                  "line 1: stage: block ir_r1: field k: missing",
		"stem 8\nstage ds_r1_k3_s1_c8": `feature size is 0, which does not go with head ""`,
		"stem 8\nhead none\nstage su_r1_k3_s1_c8":                                       "is nothing that the network's code has",
		"stem 8\nhead none\nstem-pool yes\nstage ds_r1_k3_s1_c8":                        "pooling after the stem",
		"code torchvision\nhead none\nstem 8\nstage su_r1_k3_s2_c8":                     `head "none" is none that`,
		"code torchvision\nfeatures 8\nstem 8\nstage su_r1_k3_s1_c10":                   "8 channels become 10",
		"code pytorchcv\nfeatures 8\nstem 8\nstage ds_r1_k3_s1_c8_se0.5":                "is nothing that the network's code has",
		"stem 8\nhead none\nstage ds_r1_k3.5.7.9_s1_c8_exp ds_r1_k3.5.7.9.11_s1_c8_exp": "no channels for group 4 of 5",
		"stem 8\nhead none\nstage ir_r9_k3_a99.99_s1_e100_c65536":                       "parameters, allowed at most 1073741824",
	} {
		n, err := convert.ParseArch([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %+v, %v, want %q", text, n, err, want)
		}
	}
}

func FuzzParseArch(f *testing.F) {
	f.Add([]byte(mobileNet))
	f.Add([]byte("stem 8\nhead none\nse-of expanded\nstage ir_r1_k3.5_s2_e2.5_c16_se0.5_nhs_exp id_r2"))
	f.Add([]byte("code torchvision\nstem 24\nstem-pool yes\nfeatures 64\nstage su_r4_k3_s2_c116"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := convert.ParseArch(text)
		if err != nil {
			return
		}
		if err := n.Check(); err != nil {
			t.Fatal(err)
		}
		if n.TrainedParams() < 0 {
			t.Fatal("the number of parameters overflows")
		}
	})
}

func TestWithMDConv(t *testing.T) {
	for _, c := range []struct {
		network string
		m       convert.MDConv
		name    string
		groups  []convert.Group // of unit 4
	}{
		{"mobilenet_v1", convert.MDConv{Kernels: []int{3, 5, 7, 9}}, "mobilenetv1_100_k3.5.7.9",
			[]convert.Group{{64, 64, 3, 1}, {64, 64, 5, 1}, {64, 64, 7, 1}, {64, 64, 9, 1}}},
		{"mobilenet_v2", convert.MDConv{Kernels: []int{3, 5, 7}, Exponential: true}, "mobilenetv2_100_k3.5.7_exp",
			[]convert.Group{{96, 96, 3, 1}, {48, 48, 5, 1}, {48, 48, 7, 1}}},
		{"mobilenet_v2", convert.MDConv{Kernels: []int{3, 9}, Dilated: true}, "mobilenetv2_100_k3.9_dilated",
			[]convert.Group{{96, 96, 3, 1}, {96, 96, 3, 4}}},
	} {
		n, err := named(t, c.network).WithMDConv(c.m)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Expand()[4].DepthwiseGroups(); n.Name != c.name || !reflect.DeepEqual(got, c.groups) {
			t.Errorf("%s: %v, want %s: %v", n.Name, got, c.name, c.groups)
		}
		if again := named(t, c.network); reflect.DeepEqual(again.Blocks, n.Blocks) {
			t.Errorf("%s: the named network changed", c.network)
		}
	}
	for want, m := range map[string]convert.MDConv{
		"9 groups, allowed at most 8": {Kernels: []int{3, 3, 3, 3, 3, 3, 3, 3, 3}},
		"each must be 3 or more":      {Kernels: []int{1, 3}, Dilated: true},
		"is not a block":              {Kernels: nil},
	} {
		if _, err := named(t, "mobilenet_v2").WithMDConv(m); err == nil {
			t.Errorf("%+v: no error, want %q", m, want)
		}
	}
	if _, err := named(t, "shufflenet_v2_x1_0").WithMDConv(convert.MDConv{Kernels: []int{3, 5}}); err == nil {
		t.Error("a ShuffleNet took it")
	}
}

// TestArchSettings: the settings that an error lists are those that are known.
func TestArchSettings(t *testing.T) {
	_, err := convert.ParseArch([]byte("depth 2"))
	if err == nil {
		t.Fatal("depth is a setting")
	}
	_, list, _ := strings.Cut(err.Error(), "allowed ")
	names := strings.Split(list, ", ")
	if len(names) < 18 {
		t.Errorf("%d settings: %v", len(names), err)
	}
	for _, name := range names {
		if _, err := convert.ParseArch([]byte(name + " ?")); err == nil || strings.Contains(err.Error(), "not a setting") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
