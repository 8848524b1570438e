package convert_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
)

// values lists the names of what a model's nodes give.
func values(m *onnx.Model) []string {
	var names []string
	for _, n := range m.Proto.Graph.Node {
		names = append(names, n.Output...)
	}
	return names
}

// TestValuesAreNamedAsModules: values have the paths of the modules that give
// them in the code that the network comes from.
func TestValuesAreNamedAsModules(t *testing.T) {
	for _, c := range []struct {
		network        string
		always, keepBN string // the latter only where batch norms stay
	}{
		{"mixnet_s", "bn1 blocks.0.0 blocks.0.0.bn1 blocks.1.0 blocks.1.0.bn1 blocks.1.1 blocks.2.0.se blocks.2.0.se.gate bn2 global_pool classifier logits",
			"conv_stem blocks.1.0.conv_pw blocks.1.0.conv_dw blocks.1.1.bn3 conv_head"},
		{"mobilenetv1_100", "blocks.0.0 blocks.0.0.bn1 blocks.4.1 global_pool classifier", "blocks.0.0.conv_pw"},
		{"mobilenetv3_small_100", "blocks.5.0 global_pool conv_head act2 flatten classifier", "blocks.5.0.conv"},
		{"proxylessnas_gpu", "features.init_block features.stage2.unit2 features.stage3.unit4.body.pw_conv.bn features.final_pool output",
			"features.stage3.unit4.body.dw_conv.conv"},
		{"shufflenet_v2_x0_5", "conv1 maxpool stage2.0.branch1 stage2.0.branch2 stage2.0 stage4.3.branch2.2 stage4.3 conv5 fc",
			"stage2.0.branch1.0 stage2.0.branch2.3"},
		{"lukemelas_efficientnet_b0", "_bn0 _blocks.0._bn1 _blocks.0._se_reduce _blocks.0 _blocks.1._bn0 _blocks.15 _bn1 _avg_pooling _fc",
			"_conv_stem _blocks.1._expand_conv _blocks.1._depthwise_conv _blocks.2._bn2 _blocks.15._project_conv _conv_head"},
		{"lukemelas_efficientnet_lite4", "_bn0 _blocks.0._bn1 _blocks.29", "_blocks.29._project_conv _conv_head"},
	} {
		n := named(t, c.network)
		for _, keep := range []bool{false, true} {
			got := values(lower(t, n, zeros(n), convert.Options{KeepBN: keep, ImageSize: convert.Dynamic}))
			want := c.always
			if keep {
				want += " " + c.keepBN
			}
			for _, name := range strings.Fields(want) {
				if !slices.Contains(got, name) {
					t.Errorf("%s: no value %s", c.network, name)
				}
			}
			if twice := duplicate(got); twice != "" {
				t.Errorf("%s: two values %s", c.network, twice)
			}
		}
	}
}

func duplicate(names []string) string {
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			return n
		}
		seen[n] = true
	}
	return ""
}

// TestParamsHaveModules: parameters are told apart by module and kind.
func TestParamsHaveModules(t *testing.T) {
	for _, name := range convert.TorchNames() {
		seen := map[string]bool{}
		for _, p := range named(t, name).Params() {
			key := p.Module + " " + p.Kind.String()
			if p.Module == "" || strings.HasSuffix(p.Module, ".") || seen[key] {
				t.Fatalf("%s: %s has module %q, or another one has", name, p.Role, p.Module)
			}
			seen[key] = true
		}
	}
}

func TestFeatures(t *testing.T) {
	for _, c := range []struct {
		network  string
		channels []int64 // at strides 4, 8, 16, 32
	}{
		{"mixnet_s", []int64{24, 40, 120, 200}},
		{"mobilenetv1_100", []int64{128, 256, 512, 1024}},
		{"mobilenetv3_small_100", []int64{16, 24, 48, 576}},
		{"shufflenet_v2_x1_0", []int64{24, 116, 232, 464}},
		{"mixnet-s", []int64{24, 40, 120, 200}},
	} {
		n := named(t, c.network)
		m := lower(t, n, zeros(n), convert.Options{ImageSize: 224, Features: true, MDConv: convert.Fused})
		if err := check.Model(m); err != nil {
			t.Errorf("%s: %v", c.network, err)
		}
		outputs := m.Proto.Graph.Output
		if len(outputs) != 4 {
			t.Fatalf("%s: %d outputs, want 4", c.network, len(outputs))
		}
		for i, name := range []string{"features_4", "features_8", "features_16", "features_32"} {
			dims := outputs[i].GetType().GetTensorType().GetShape().GetDim()
			if outputs[i].GetName() != name || dims[1].GetDimValue() != c.channels[i] || dims[2].GetDimValue() != int64(56>>i) {
				t.Errorf("%s: output %d is %s", c.network, i, outputs[i])
			}
		}
	}
}

func TestPreprocessingOfNetworks(t *testing.T) {
	for _, c := range []struct {
		network string
		size    int
		want    string
	}{
		{"mixnet_s", convert.Dynamic, "torch 224 0.875 bicubic 0.485,0.456,0.406 0.229,0.224,0.225"},
		{"efficientnet_b4", convert.Dynamic, "torch 320 0.875 bicubic 0.485,0.456,0.406 0.229,0.224,0.225"},
		{"efficientnet_b4", 224, "torch 224 0.875 bicubic 0.485,0.456,0.406 0.229,0.224,0.225"},
		{"tf_mobilenetv3_small_100", convert.Dynamic, "torch 224 0.875 bilinear 0.5,0.5,0.5 0.5,0.5,0.5"},
		{"tf_efficientnet_lite4", convert.Dynamic, "torch 380 0.92 bilinear 0.5,0.5,0.5 0.5,0.5,0.5"},
		{"lukemelas_efficientnet_b1", convert.Dynamic, "torch 240 1 bicubic 0.485,0.456,0.406 0.229,0.224,0.225"},
		{"lukemelas_efficientnet_lite0", convert.Dynamic, "torch 224 0.875 bicubic 0.4980392156862745,0.4980392156862745,0.4980392156862745 0.5019607843137255,0.5019607843137255,0.5019607843137255"},
		{"mixnet-s", 96, "tensorflow 96 0.75 bicubic 123.675,116.28,103.53 58.395,57.12,57.375"},
	} {
		n := named(t, c.network)
		m := lower(t, n, zeros(n), convert.Options{ImageSize: c.size})
		var got []string
		for _, key := range metadata.Preprocess {
			v, _ := m.Metadata(key)
			got = append(got, v)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.network, s, c.want)
		}
	}
}
