package torch

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// checkpoint returns weights of a network and the tensors in which PyTorch
// stores them.
func checkpoint(t *testing.T, name string, classes int) (convert.Weights, map[string]*tensor.Tensor) {
	t.Helper()
	n, err := convert.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	n.Classes = classes
	w := convert.Random(n, 1)
	tensors := map[string]*tensor.Tensor{}
	for _, p := range n.Params() {
		tensors[parameterName(p)] = w[p.Role]
		if p.Kind == convert.Mean {
			tensors[p.Module+".num_batches_tracked"] = tensor.Of([]int64{7})
		}
	}
	return w, tensors
}

// save writes tensors, and a config.json if there is one, to a new folder.
func save(t *testing.T, tensors map[string]*tensor.Tensor, config string) string {
	t.Helper()
	folder := t.TempDir()
	f, err := os.Create(filepath.Join(folder, "weights.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npy.WriteArchive(f, tensors); err != nil {
		t.Fatal(err)
	}
	if config != "" {
		if err := os.WriteFile(filepath.Join(folder, "config.json"), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestLoad(t *testing.T) {
	for _, name := range []string{"mixnet_s", "mobilenetv1_100", "mobilenetv3_small_050", "mobilenetv3_rw", "proxylessnas_gpu", "shufflenet_v2_x0_5", "lukemelas_efficientnet_b0", "lukemelas_efficientnet_lite2"} {
		want, tensors := checkpoint(t, name, 10)
		s, err := Load(save(t, tensors, ""), convert.Options{Model: name})
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Network.Name != name || s.Network.Classes != 10 || s.SHA256 == "" {
			t.Errorf("%s: %+v", name, s.Network)
		}
		if len(s.Weights) != len(want) {
			t.Errorf("%s: %d weights, want %d", name, len(s.Weights), len(want))
		}
		for role, w := range want {
			if got := s.Weights[role]; got == nil || !slices.Equal(tensor.Data[float32](got), tensor.Data[float32](w)) {
				t.Fatalf("%s: %s is another tensor", name, role)
			}
		}
	}
}

// TestOneName: the tensors tell whose network it is where libraries have one name.
func TestOneName(t *testing.T) {
	for _, name := range []string{"efficientnet_b0", "torchvision_efficientnet_b0", "lukemelas_efficientnet_b0"} {
		_, tensors := checkpoint(t, name, 10)
		s, err := Load(save(t, tensors, ""), convert.Options{Model: "efficientnet-b0"})
		if err != nil || s.Network.Name != name || s.NamedBy != "--model" {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// TestParameterNames has names as the state_dicts of timm, pytorchcv, torchvision
// and efficientnet_pytorch have them.
func TestParameterNames(t *testing.T) {
	for _, c := range []struct{ network, names string }{
		{"mixnet_s", "conv_stem.weight bn1.running_var blocks.0.0.conv_dw.weight blocks.1.0.conv_pw.1.weight blocks.2.0.conv_dw.2.weight " +
			"blocks.2.0.se.conv_reduce.bias blocks.2.0.bn3.running_mean blocks.0.0.bn2.bias conv_head.weight classifier.bias"},
		{"mobilenetv3_small_100", "blocks.5.0.conv.weight blocks.5.0.bn1.weight conv_head.bias"},
		{"proxylessnas_mobile", "features.init_block.conv.weight features.stage5.unit1.body.bc_conv.bn.weight features.stage1.unit1.body.dw_conv.conv.weight " +
			"features.stage2.unit2.body.pw_conv.bn.bias features.final_block.bn.running_var output.weight"},
		{"shufflenet_v2_x1_0", "conv1.0.weight conv1.1.running_mean stage2.0.branch1.0.weight stage2.0.branch1.3.bias stage2.3.branch2.6.weight conv5.1.weight fc.weight"},
		{"lukemelas_efficientnet_b0", "_conv_stem.weight _bn0.running_var _blocks.0._depthwise_conv.weight _blocks.0._bn1.bias _blocks.0._se_reduce.bias _blocks.1._expand_conv.weight " +
			"_blocks.1._bn0.weight _blocks.15._se_expand.weight _blocks.15._project_conv.weight _blocks.15._bn2.running_mean _conv_head.weight _bn1.weight _fc.bias"},
		{"lukemelas_efficientnet_lite1", "_conv_stem.weight _blocks.0._project_conv.weight _blocks.20._project_conv.weight _fc.weight"},
	} {
		_, tensors := checkpoint(t, c.network, 1000)
		for _, name := range strings.Fields(c.names) {
			if tensors[name] == nil {
				t.Errorf("%s: no parameter %s", c.network, name)
			}
		}
	}
}

func TestLoadConfig(t *testing.T) {
	const config = `{"architecture": "mobilenetv3_small_050", "num_classes": 2, "model_args": {"bn_eps": 0.002, "drop_rate": 0.1},
		"pretrained_cfg": {"input_size": [3, 192, 192], "crop_pct": 0.9, "interpolation": "bilinear", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]},
		"label_names": ["cat", "dog"]}`
	_, tensors := checkpoint(t, "mobilenetv3_small_050", 2)
	s, err := Load(save(t, tensors, config), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := preprocess.Config{Kind: preprocess.Torch, Size: 192, Crop: 0.9, Interpolation: "bilinear", Mean: [3]float64{0.5, 0.5, 0.5}, Std: [3]float64{0.2, 0.2, 0.2}}
	if n := s.Network; n.Preprocessing != want || n.BatchNormEpsilon != 0.002 || !slices.Equal(s.Labels, []string{"cat", "dog"}) {
		t.Errorf("%+v, labels %q", n, s.Labels)
	}
	if s, err := Load(save(t, tensors, config), convert.Options{Epsilon: 0.5}); err != nil || s.Network.BatchNormEpsilon != 0.5 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"bn_eps": 0.002`, `"act_layer": "gelu"`, "model_args: act_layer: nothing is known"},
		{`"num_classes": 2`, `"num_classes": 0, "x": 2`, ""},
		{`"mobilenetv3_small_050"`, `"resnet50"`, "network resnet50: unknown"},
		{`["cat", "dog"]`, `null`, ""},
	} {
		_, err := Load(save(t, tensors, strings.Replace(config, c.old, c.new, 1)), convert.Options{})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
	tensors["classifier.bias"], tensors["classifier.weight"] = tensor.New(tensor.Float32, 3), tensor.New(tensor.Float32, 3, 1024)
	if _, err := Load(save(t, tensors, config), convert.Options{}); err == nil || !strings.Contains(err.Error(), "3 classes, config.json says 2") {
		t.Error(err)
	}
}

// TestReleasedEpsilon: timm builds FBNet-C for its released weights with
// another epsilon than for others.
func TestReleasedEpsilon(t *testing.T) {
	_, tensors := checkpoint(t, "fbnetc_100", 10)
	for config, want := range map[string]float32{
		"":                               1e-5,
		`{"architecture": "fbnetc_100"}`: 1e-3,
		`{"architecture": "fbnetc_100", "model_args": {"bn_eps": 1e-5}}`: 1e-5,
	} {
		s, err := Load(save(t, tensors, config), convert.Options{Model: "fbnetc_100"})
		if err != nil || s.Network.BatchNormEpsilon != want {
			t.Errorf("%s: %+v, %v", config, s, err)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	_, good := checkpoint(t, "mobilenetv3_small_050", 10)
	for _, c := range []struct {
		model, want string
		change      func(map[string]*tensor.Tensor)
	}{
		{"", "which network? None that is known here has these tensors; the nearest: not a mobilenetv3_small_050: tensors that no parameter takes: extra", func(m map[string]*tensor.Tensor) {
			m["extra"] = tensor.New(tensor.Float32, 1)
		}},
		{"mixnet-s", "network mixnet-s is TensorFlow's", nil},
		{"mobilenet", "network mobilenet: unknown", nil},
		{"mobilenetv3_small_050", "tensors that no parameter takes: blocks.0.0.extra.weight", func(m map[string]*tensor.Tensor) {
			m["blocks.0.0.extra.weight"] = tensor.New(tensor.Float32, 1)
		}},
		{"mobilenetv3_small_050", "parameters that no tensor fills: conv_head.bias [1024] (head.conv.bias)", func(m map[string]*tensor.Tensor) {
			delete(m, "conv_head.bias")
		}},
		{"mobilenetv3_small_050", "conv_stem.weight is [16,3,3,1], but stem.conv.weight takes [16,3,3,3]", func(m map[string]*tensor.Tensor) {
			m["conv_stem.weight"] = tensor.New(tensor.Float32, 16, 3, 3, 1)
		}},
		{"mobilenetv3_small_050", "tensor bn1.weight: type int64, allowed", func(m map[string]*tensor.Tensor) {
			m["bn1.weight"] = tensor.New(tensor.Int64, 16)
		}},
		{"mobilenetv3_small_075", "not a mobilenetv3_small_075: tensors of another shape", nil},
		{"mobilenetv3_small_050", "classes is 16777217", func(m map[string]*tensor.Tensor) {
			m["classifier.bias"] = tensor.New(tensor.Float32, 1<<24+1)
		}},
	} {
		tensors := maps.Clone(good)
		if c.change != nil {
			c.change(tensors)
		}
		_, err := Load(save(t, tensors, ""), convert.Options{Model: c.model})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.model, err, c.want)
		}
	}
}

func TestToFloat32(t *testing.T) {
	half, bhalf := tensor.New(tensor.Float16, 2), tensor.New(tensor.BFloat16, 2)
	copy(tensor.Data[uint16](half), []uint16{0x3c00, 0xc000})
	copy(tensor.Data[uint16](bhalf), []uint16{0x3f80, 0xc000})
	for _, in := range []*tensor.Tensor{tensor.Of([]float32{1, -2}, 2), tensor.Of([]float64{1, -2}, 2), half, bhalf} {
		out, err := toFloat32(in)
		if err != nil || !slices.Equal(tensor.Data[float32](out), []float32{1, -2}) {
			t.Errorf("%s: %v, %v", in.DType, out, err)
		}
	}
}
