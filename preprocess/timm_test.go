package preprocess

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// timmCases is what testdata/timm.py prints.
type timmCases struct {
	Cases []struct {
		Seed                    uint32
		From                    [2]int
		Size                    int
		CropPct                 float64 `json:"crop_pct"`
		Interpolation           Interpolation
		Mean, Std               [3]float64
		Resize, Crop, Normalize string
	}
}

// TestTimm compares every stage with timm 1.0.31 on torchvision 0.29.
func TestTimm(t *testing.T) { checkTimm(t, "testdata/timm.json") }

// TestLiveTimm does so with cases made now, by the Python of MIXCONV_PYTHON.
func TestLiveTimm(t *testing.T) {
	cases := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(cases, runPython(t, "timm", "testdata/timm.py", "2", "100"), 0o600); err != nil {
		t.Fatal(err)
	}
	checkTimm(t, cases)
}

func checkTimm(t *testing.T, path string) {
	var cases timmCases
	readJSON(t, path, &cases)
	if len(cases.Cases) < 50 {
		t.Errorf("only %d cases", len(cases.Cases))
	}
	for _, c := range cases.Cases {
		config := Config{Kind: Torch, Size: c.Size, Crop: c.CropPct, Interpolation: c.Interpolation, Mean: c.Mean, Std: c.Std}
		p := madeUp(c.Seed, c.From[0], c.From[1])
		stages, err := config.Run(p)
		if err != nil {
			t.Errorf("%+v: %v", config, err)
			continue
		}
		for name, want := range map[string]string{StageResize: c.Resize, StageCrop: c.Crop, StageNormalize: c.Normalize} {
			if digestTensor(stages.Get(name)) != want {
				t.Errorf("picture %d of %v, %+v: %s differs from timm's", c.Seed, c.From, config, name)
			}
		}
		requireSame(t, config, p, stages.Input())
	}
}

// requireSame compares Tensor, which computes only the crop, with the last
// stage of Run.
func requireSame(t *testing.T, c Config, p *Picture, want *tensor.Tensor) {
	t.Helper()
	got, err := c.Tensor(p)
	if err != nil || !got.Shape.Equal(want.Shape) || digestTensor(got) != digestTensor(want) {
		t.Errorf("%+v: Tensor differs from the last stage, error %v", c, err)
	}
}
