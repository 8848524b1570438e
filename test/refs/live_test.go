package refs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/verify"
)

// TestLive converts weights in each format and lets timm read the same file.
// Both forms, on both engines, are timm's in every layer, and of the first two
// files ONNX Runtime's, which knows no weights but those in the model.
func TestLive(t *testing.T) {
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, "mixnet_s")
	python(t, nil, "formats.py", folder, "mixnet_s")
	for i, file := range []string{
		"mixnet_s.npz", "trainer.pth", "hub", "arrays", "half.safetensors", "wrapped.pth", "hub/model.safetensors",
		"sharded", "sharded/model.safetensors.index.json", "exported",
	} {
		t.Run(file, func(t *testing.T) {
			weights := filepath.Join(folder, file)
			o := convert.Options{Model: "mixnet_s", ImageSize: 64, MDConv: convert.Split}
			if i%2 == 1 {
				o.MDConv = convert.Fused
			}
			m, err := torch.Convert(weights, o)
			if err != nil {
				t.Fatal(err)
			}
			timm, err := verify.Timm(verify.Live{Weights: weights})
			if err != nil {
				t.Fatal(err)
			}
			references := []verify.Reference{timm}
			if i < 2 {
				references = append(references, onnxRuntime(t))
			}
			requireLive(t, m.Model, engines[i%2], references...)
		})
	}
}

// TestLiveFeatures compares feature maps in place of logits.
func TestLiveFeatures(t *testing.T) {
	const network = "mobilenetv2_035"
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, network)
	weights := filepath.Join(folder, network+".npz")
	m, err := torch.Convert(weights, convert.Options{Model: network, ImageSize: 96, Features: true})
	if err != nil {
		t.Fatal(err)
	}
	timm, err := verify.Timm(verify.Live{Weights: weights})
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Run(t.Context(), m.Model, []verify.Reference{timm}, verify.Options{Tolerance: verify.DefaultTolerance, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := report.References[0]
	var names []string
	for _, v := range c.Values {
		names = append(names, v.Name)
	}
	if !c.Pass || !slices.Equal(names, []string{"features_4", "features_8", "features_16", "features_32"}) {
		t.Errorf("pass %v, compared %q", c.Pass, names)
	}
}

// TestLiveTorchVision does so with a network of torchvision's, and a checkpoint
// of its training script.
func TestLiveTorchVision(t *testing.T) {
	const network = "shufflenet_v2_x0_5"
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, network)
	python(t, nil, "formats.py", folder, network)
	weights := filepath.Join(folder, "averaged.pth")
	m, err := torch.Convert(weights, convert.Options{Model: network, ImageSize: 96})
	if err != nil {
		t.Fatal(err)
	}
	torchvision, err := verify.TorchVision(verify.Live{Weights: weights})
	if err != nil {
		t.Fatal(err)
	}
	requireLive(t, m.Model, engines[0], torchvision, onnxRuntime(t))
}

func onnxRuntime(t *testing.T) verify.Reference {
	t.Helper()
	ort, err := verify.ORT(verify.Live{})
	if err != nil {
		t.Fatal(err)
	}
	return ort
}

// requireLive compares m, on one engine, with references.
func requireLive(t *testing.T, m *mixconv.Model, engine mixconv.Options, references ...verify.Reference) {
	t.Helper()
	report, err := verify.Run(t.Context(), m, references, verify.Options{Tolerance: verify.DefaultTolerance, Layers: true, Session: engine, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.References {
		t.Logf("%s: %d values, largest difference %v", c.Name, len(c.Values), c.MaxRel)
		if !c.Pass || c.Note != "" || len(c.OnlyReference) > 0 || len(c.Values) < 80 {
			t.Errorf("%s: pass %v, %d values, note %q, only there %q", c.Name, c.Pass, len(c.Values), c.Note, c.OnlyReference)
		}
	}
}

// TestLiveRefuses: weights that are none, or those of another network, are an
// error of one line, and no pickle calls anything.
func TestLiveRefuses(t *testing.T) {
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, "mixnet_s")
	python(t, nil, "formats.py", folder, "mixnet_s")
	m, err := torch.Convert(filepath.Join(folder, "mixnet_s.npz"), convert.Options{Model: "mixnet_s", ImageSize: 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ file, network, want string }{
		{"evil.pth", "", "refused"},
		{"hub/config.json", "", "timm:"},
		{"mixnet_s.npz", "mixnet_m", "state_dict"},
		{"mixnet_s.npz", "mixnet", "no model"},
	} {
		timm, err := verify.Timm(verify.Live{Weights: filepath.Join(folder, test.file), Network: test.network})
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify.Run(t.Context(), m.Model, []verify.Reference{timm}, verify.Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
			t.Errorf("%s as %s: %v, want %s", test.file, test.network, err, test.want)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "executed")); err == nil {
		t.Error("a pickle was executed")
	}
}
