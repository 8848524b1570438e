package torch

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	. "github.com/mixconv/mixconv/convert/torch/internal/pthtest"
	"github.com/mixconv/mixconv/limit"
)

// stateOf is a state_dict of a network by name, of so many classes, whose
// tensors all have one element's storage.
func stateOf(t *testing.T, name string, classes int) string {
	t.Helper()
	n, err := convert.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	n.Classes = classes
	return Dict(Shapes("0", "", arrays(n, nil))...)
}

// decided says which network a checkpoint is of, without reading tensors.
func decided(t *testing.T, value string, given convert.Options) (*decision, error) {
	t.Helper()
	file := File(t, value, oneElement)
	all, err := decode(Pth, "w.pth", bytes.NewReader(file), int64(len(file)), limit.Default())
	if err != nil {
		t.Fatal(err)
	}
	o, err := complete(given)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := o.find(all)
	return d, err
}

const oneElement = "\x00\x00\x80\x3f"

// siblings are the networks of timm that have the same tensors.
var siblings = [][2]string{
	{"mixnet_s", "tf_mixnet_s"}, {"mixnet_m", "tf_mixnet_m"}, {"mixnet_l", "tf_mixnet_l"},
	{"mobilenetv3_large_075", "tf_mobilenetv3_large_075"}, {"mobilenetv3_large_100", "tf_mobilenetv3_large_100"},
	{"mobilenetv3_small_075", "tf_mobilenetv3_small_075"}, {"mobilenetv3_small_100", "tf_mobilenetv3_small_100"},
	{"efficientnet_b0", "tf_efficientnet_b0"}, {"efficientnet_b1", "tf_efficientnet_b1"}, {"efficientnet_b2", "tf_efficientnet_b2"},
	{"efficientnet_b3", "tf_efficientnet_b3"}, {"efficientnet_b4", "tf_efficientnet_b4"},
	{"efficientnet_lite0", "tf_efficientnet_lite0"}, {"efficientnet_lite1", "tf_efficientnet_lite1"}, {"efficientnet_lite2", "tf_efficientnet_lite2"},
	{"efficientnet_lite3", "tf_efficientnet_lite3"}, {"efficientnet_lite4", "tf_efficientnet_lite4"},
}

// TestSiblings: of every network of PyTorch, what has its tensors is known, and
// those that compute otherwise are not taken for each other.
func TestSiblings(t *testing.T) {
	other := map[string]string{}
	for _, pair := range siblings {
		other[pair[0]], other[pair[1]] = pair[1], pair[0]
	}
	for _, name := range convert.TorchNames() {
		state := stateOf(t, name, 7)
		d, err := decided(t, state, convert.Options{})
		sibling := other[name]
		if sibling == "" {
			if err != nil || d.network.Name != name || d.network.Classes != 7 || d.by != "the tensors, which fit no other" || len(d.siblings) > 0 {
				t.Errorf("%s: %+v, %v", name, d, err)
			}
			continue
		}
		for _, want := range []string{"which network? These have the same tensors and compute otherwise", name + " has ", sibling + " has ", "symmetric padding, epsilon 1e-05", "same padding, epsilon 0.001"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
		d, err = decided(t, state, convert.Options{Model: name})
		if err != nil || d.network.Name != name || d.by != "--model" || !slices.Equal(d.siblings, []string{sibling}) ||
			len(d.notes) != 1 || !strings.Contains(d.notes[0], sibling+" too, and nothing in the file says which it is") {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// TestClaims: what a file says of itself decides between siblings.
func TestClaims(t *testing.T) {
	const name = "tf_mobilenetv3_small_100"
	state := stateOf(t, name, 7)
	namespace := Global("argparse", "Namespace")
	for _, c := range []struct{ value, by string }{
		{Dict(Str("arch"), Str(name), Str("state_dict"), state), "arch"},
		{Dict(Str("architecture"), Str("timm/tf_mobilenetv3_small_100.in1k"), Str("model"), state), "architecture"},
		{Dict(Str("model_name"), Str("TF-MobileNetV3-Small-100"), Str("net"), state), "model_name"},
		{Dict(Str("args"), Object(namespace, Str("lr"), Int(1), Str("model"), Str(name)), Str("state_dict"), state), "args.model"},
		{Dict(Str("args"), Object(namespace, Str("arch"), Str(name)), Str("state_dict"), state), "args.arch"},
		{Dict(Str("hyper_parameters"), Dict(Str("model_name"), Str(name)), Str("state_dict"), state), "hyper_parameters.model_name"},
		{Dict(Str("hyper_parameters"), Dict(Str("model"), Dict(Str("backbone"), Str(name))), Str("state_dict"), state), "hyper_parameters.model.backbone"},
		{Dict(Str("arch"), Str("MyModel"), Str("hparams"), Dict(Str("backbone"), Str("hf_hub:timm/"+name)), Str("state_dict"), state), "hparams.backbone"},
	} {
		path := writePth(t, c.value, oneElement)
		s, err := Load(path, convert.Options{})
		if err != nil || s.Network.Name != name || s.NamedBy != c.by {
			t.Errorf("%s: %+v, %v", c.by, s, err)
			continue
		}
		if r, err := Read(path, convert.Options{}); err != nil || r.Said != name || r.SaidAt != c.by {
			t.Errorf("%s: %+v, %v", c.by, r, err)
		}
		_, err = Load(path, convert.Options{Model: "mobilenetv3_small_100"})
		if want := "--model says mobilenetv3_small_100, but the file's own " + c.by + " says " + name; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", c.by, err, want)
		}
		s, err = Load(path, convert.Options{Model: "mobilenetv3_small_100", IgnoreArch: true})
		if err != nil || s.Network.Name != "mobilenetv3_small_100" || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "which is ignored") {
			t.Errorf("%s: %+v, %v", c.by, s, err)
		}
		if s, err := Load(path, convert.Options{Model: name}); err != nil || len(s.Notes) > 0 {
			t.Errorf("%s: %+v, %v", c.by, s, err)
		}
	}
}

// TestEpsilon: another epsilon than the network's is what timm's arguments say,
// and that of a network that timm builds in two ways is not passed over.
func TestEpsilon(t *testing.T) {
	const name = "mobilenetv3_small_050"
	args := Object(Global("argparse", "Namespace"), Str("model"), Str(name), Str("bn_eps"), "G\x3f\x60\x62\x4d\xd2\xf1\xa9\xfc") // 0.002
	path := writePth(t, Dict(Str("args"), args, Str("state_dict"), stateOf(t, name, 7)), oneElement)
	for given, want := range map[float32]float32{0: 0.002, 0.5: 0.5} {
		s, err := Load(path, convert.Options{Epsilon: given})
		if err != nil || s.Network.BatchNormEpsilon != want || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "args.bn_eps") {
			t.Errorf("%g: %+v, %v", given, s, err)
		}
	}
	s, err := Load(writePth(t, stateOf(t, "fbnetc_100", 7), oneElement), convert.Options{})
	if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "builds it with 0.001 for its released weights") {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestWrongClaims: what a file says does not decide where it cannot be right.
func TestWrongClaims(t *testing.T) {
	const name = "tf_mobilenetv3_small_100"
	state, alone := stateOf(t, name, 7), stateOf(t, "mobilenetv3_small_050", 7)
	for _, c := range []struct{ value, model, want string }{
		{Dict(Str("arch"), Str("resnet50"), Str("state_dict"), state), "", "does not say which it is (arch says resnet50, which is none of them)"},
		{Dict(Str("arch"), Str(name), Str("args"), Dict(Str("model"), Str("mobilenetv3_small_100")), Str("state_dict"), state), "",
			"arch says tf_mobilenetv3_small_100, args.model says mobilenetv3_small_100: --model names one"},
		{Dict(Str("arch"), Str("mixnet_s"), Str("state_dict"), alone), "", "arch says mixnet_s, but the tensors are those of mobilenetv3_small_050"},
		{Dict(Str("arch"), Str("mixnet_s"), Str("state_dict"), alone), "mobilenetv3_small_050", ""},
		{Dict(Str("arch"), Str("mine"), Str("state_dict"), alone), "", ""},
		{alone, "mixnet_m", "not a mixnet_m: tensors of another shape"},
		{alone, "mixnet_m", "the tensors (the file itself) fit mobilenetv3_small_050"},
		{alone, "mobilenetv3_smal_050", "network mobilenetv3_smal_050: unknown (did you mean mobilenetv3_small_050?)"},
	} {
		_, err := Load(writePth(t, c.value, oneElement), convert.Options{Model: c.model})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.model, err, c.want)
		}
	}
}

// TestReadAmbiguous: of several sets that fit, the first can be looked at; a
// conversion wants to be told.
func TestReadAmbiguous(t *testing.T) {
	const name = "mobilenetv3_small_050"
	n, err := convert.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	value := Dict(Str("student"), Dict(Shapes("0", "", arrays(n, nil))...), Str("teacher"), Dict(Shapes("1", "", arrays(n, nil))...))
	path := writePth(t, value, oneElement, oneElement)
	c, err := Read(path, convert.Options{})
	if err != nil || c.Dictionary != "student" || !slices.Equal(c.Fits, []string{name}) {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Load(path, convert.Options{}); err == nil || !strings.Contains(err.Error(), "which weights?") {
		t.Error(err)
	}
	if s, err := Load(path, convert.Options{Key: "teacher"}); err != nil || s.Key != "teacher" {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSafetensorsClaim: the texts in a safetensors file may name the network.
func TestSafetensorsClaim(t *testing.T) {
	header := `{"__metadata__":{"format":"pt","arch":"mixnet_s"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`
	path := filepath.Join(t.TempDir(), "x.safetensors")
	text := string(rune(len(header))) + strings.Repeat("\x00", 7) + header + "\x01"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := complete(convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(path, o, func(all *contents) (*candidate, error) {
		if len(all.claims) != 1 || all.claims[0] != (claim{"__metadata__.arch", "mixnet_s"}) {
			t.Errorf("%+v", all.claims)
		}
		return o.choose(all)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStrangers: weights that no network here has are named as what they are.
func TestStrangers(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"conv1.weight bn1.weight layer1.0.conv1.weight layer4.0.conv1.weight fc.weight", "a ResNet"},
		{"cls_token patch_embed.proj.weight blocks.0.attn.qkv.weight", "a vision transformer"},
		{"stem.0.weight stages.0.blocks.0.conv_dw.weight stages.0.blocks.0.conv_dw.bias", "a ConvNeXt"},
		{"downsample_layers.0.0.weight stages.0.0.dwconv.weight stages.0.0.dwconv.bias", "a ConvNeXt"},
		{"stem.conv.weight s1.b1.conv1.conv.weight", "a RegNet"},
		{"trunk_output.block1.block1-0.f.a.0.weight", "a RegNet"},
		{"model.0.conv.weight model.0.bn.weight model.22.dfl.conv.weight", "a YOLO detector"},
		{"backbone.body.conv1.weight rpn.head.conv.weight roi_heads.box_head.fc6.weight layer1.0.conv1.weight layer4.0.conv1.weight", "detector of torchvision"},
		{"lora_unet_down_blocks.lora_down.weight lora_unet_down_blocks.alpha", "a LoRA adapter"},
		{"model.layers.0.self_attn.q_proj.qweight model.layers.0.self_attn.q_proj.qzeros", "quantiser"},
		{"conv.weight conv.scale conv.zero_point", "a quantised PyTorch model"},
		{"model.layers.0.self_attn.q_proj.weight", "a language model"},
		{"layers.0.blocks.0.attn.relative_position_bias_table", "a Swin transformer"},
		{"conv_stem.weight blocks.1.0.routing_fn.weight blocks.1.0.conv_pw.weight", "CondConv"},
		{"conv_stem.weight bn1.weight bn1.bias blocks.0.0.conv_dw.weight blocks.0.0.bn1.weight", "group or layer norms"},
		{"conv_stem.weight bn1.weight bn1.running_mean blocks.0.0.conv_dw.weight blocks.1.0.routing_fn.weight", "CondConv"},
		{"conv_stem.weight blocks.1.0.dw_start.conv.weight", "a MobileNetV4"},
		{"features.denseblock1.denselayer1.norm1.weight", "a DenseNet"},
		{"features.0.weight features.0.bias classifier.6.weight", "a VGG"},
		{"_conv_stem.weight _blocks.0._depthwise_conv.weight _fc.weight", "efficientnet_pytorch"},
	} {
		var list []Array
		for name := range strings.FieldsSeq(c.names) {
			list = append(list, Array{Name: name, Shape: []int{2, 3, 3, 3}})
		}
		_, err := Load(writePth(t, Dict(Shapes("0", "", list)...), oneElement), convert.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "export it with torch.onnx.export") {
			t.Errorf("%s: %v, want %s", c.names, err, c.want)
		}
	}
	optimizer := Dict(Str("optimizer"), Dict(Str("state"), Dict(Int(0), Dict(Shapes("0", "", []Array{{Name: "exp_avg", Shape: []int{2}}, {Name: "exp_avg_sq", Shape: []int{2}}})...))))
	_, err := Load(writePth(t, optimizer, oneElement), convert.Options{})
	if err == nil || !strings.Contains(err.Error(), "the state of an optimizer without the weights") {
		t.Error(err)
	}
	_, err = Load(writePth(t, Dict(Str("epoch"), Int(1), Str("best"), Int(2)), oneElement), convert.Options{})
	if err == nil || !strings.Contains(err.Error(), "epoch is an integer, allowed are tensors") {
		t.Error(err)
	}
	quantised := Tensor(Storage("QInt8Storage", "0", 1), 0, []int{1}, []int{1})
	_, err = Load(writePth(t, Dict(Str("w"), quantised), "\x00"), convert.Options{})
	if err == nil || !strings.Contains(err.Error(), "a quantised tensor (QInt8Storage)") {
		t.Error(err)
	}
}
