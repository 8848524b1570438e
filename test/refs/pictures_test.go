package refs

import (
	"encoding/json"
	_ "image/gif" // the decoders that the command has
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// refusedPictures are kinds that Pillow reads and golang.org/x/image does not.
var refusedPictures = []string{"animated.webp", "cmyk.tiff", "jpeg.tiff"}

// TestPictures classifies pictures of all kinds with the command, with trained
// weights: pixels are Pillow's to the bit, and the probability of every class is that
// of timm's own evaluation.
func TestPictures(t *testing.T) {
	folder, p := t.TempDir(), buildProgram(t)
	python(t, nil, "pictures.py", folder)
	model := filepath.Join(folder, "m.onnx")
	if code, out := p.run(t, "torch2onnx", filepath.Join(folder, "weights.npz"), "--model", "tf_efficientnet_lite0", "-o", model); code != 0 {
		t.Fatalf("exit code %d, %s", code, out)
	}
	recorded := readArrays(t, filepath.Join(folder, "run.npz"))
	cmd := exec.Command(string(p), "classify", model, filepath.Join(folder, "pictures"), "--top", "1000", "--json")
	out, _ := cmd.Output() // a failure has an exit code
	var answer struct {
		Results []struct {
			File  string          `json:"file"`
			Top   []mixconv.Class `json:"top"`
			Error string          `json:"error"`
		} `json:"results"`
	}
	if code := cmd.ProcessState.ExitCode(); code != 2 || json.Unmarshal(out, &answer) != nil || len(recorded) != 2*len(answer.Results) {
		t.Fatalf("exit code %d, %d pictures\n%s", code, len(answer.Results), out)
	}
	var refused []string
	most := 0.0
	for _, r := range answer.Results {
		name := filepath.Base(r.File)
		if r.Error != "" {
			refused = append(refused, name)
			continue
		}
		requirePixels(t, r.File, recorded[name+".pixels"])
		worst := largestDifference(r.Top, mixconv.Floats(recorded[name]))
		most = max(most, worst)
		if !(worst <= 1e-5) {
			t.Errorf("%s: a probability differs by %.2g from timm's", name, worst)
		}
	}
	if !slices.Equal(refused, refusedPictures) {
		t.Errorf("refused %q, want %q", refused, refusedPictures)
	}
	t.Logf("%d pictures: probabilities differ by at most %.2g", len(answer.Results)-len(refused), most)
}

// largestDifference is that of the probabilities of all classes.
func largestDifference(top []mixconv.Class, want []float32) float64 {
	if len(top) != len(want) {
		return math.Inf(1)
	}
	worst := 0.0
	for _, c := range top {
		worst = max(worst, math.Abs(c.Probability-float64(want[c.Index])))
	}
	return worst
}

// requirePixels compares what a file is decoded to with Pillow's pixels.
func requirePixels(t *testing.T, path string, want *tensor.Tensor) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := preprocess.Decode(data, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !want.Shape.Equal(tensor.Shape{p.Height, p.Width, 3}) || !slices.Equal(p.Pix, tensor.Data[uint8](want)) {
		t.Errorf("%s: %d × %d pixels are not Pillow's, which are %v", filepath.Base(path), p.Width, p.Height, want.Shape)
	}
}
