package preprocess

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// tensorflowCases is what testdata/tensorflow.py prints.
type tensorflowCases struct {
	Decode []struct {
		File, Decode, Crop, Resize, Normalize string
		Size                                  int
	}
	Resize []struct {
		Seed   uint32
		From   [2]int
		Size   int
		Filter Interpolation
		SHA256 string
		First  []float64
	}
}

// TestTensorFlow compares decoding, the official evaluation and the resizes
// with what TensorFlow 2.21 made.
func TestTensorFlow(t *testing.T) {
	checkTensorFlow(t, "testdata/pillow", "testdata/tensorflow.json")
}

// TestLiveTensorFlow does so with cases made now, by the Python of
// MIXCONV_PYTHON.
func TestLiveTensorFlow(t *testing.T) {
	cases := filepath.Join(t.TempDir(), "cases.json")
	out := runPython(t, "tensorflow", "testdata/tensorflow.py", "testdata/pillow", "2", "300")
	if err := os.WriteFile(cases, out, 0o600); err != nil {
		t.Fatal(err)
	}
	checkTensorFlow(t, "testdata/pillow", cases)
}

func checkTensorFlow(t *testing.T, pictures, path string) {
	var cases tensorflowCases
	readJSON(t, path, &cases)
	if len(cases.Decode) < 40 || len(cases.Resize) < 200 {
		t.Errorf("only %d pictures and %d resizes", len(cases.Decode), len(cases.Resize))
	}
	for _, c := range cases.Decode {
		config := ImageNet(TensorFlow, c.Size)
		p, err := config.ReadFile(filepath.Join(pictures, c.File), limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.File, err)
			continue
		}
		if digest(p) != c.Decode {
			t.Errorf("%s: other colours than TensorFlow's", c.File)
			continue
		}
		stages, err := config.Run(p)
		if (err == nil) != (c.Crop != "") {
			t.Errorf("%s: error %v", c.File, err)
		}
		if err == nil {
			requireSame(t, config, p, stages.Input())
		}
		for name, want := range map[string]string{StageCrop: c.Crop, StageResize: c.Resize, StageNormalize: c.Normalize} {
			if err == nil && digestTensor(stages.Get(name)) != want {
				t.Errorf("%s: %s differs from TensorFlow's", c.File, name)
			}
		}
	}
	for _, c := range cases.Resize {
		got := tensorflowResize(madeUp(c.Seed, c.From[0], c.From[1]), c.Size, c.Size, c.Filter)
		if digestTensor(tensor.Of(got, len(got))) != c.SHA256 {
			t.Errorf("%s of picture %d from %v to %d differs from TensorFlow's; first %v, want %v", c.Filter, c.Seed, c.From, c.Size, got[:6], c.First)
		}
	}
}

// digestTensor hashes uint8 or float32 values, little-endian.
func digestTensor(t *tensor.Tensor) string {
	if t == nil {
		return "no tensor"
	}
	h := sha256.New()
	if t.DType == tensor.Uint8 {
		h.Write(tensor.Data[uint8](t))
	} else {
		var b []byte
		for _, v := range tensor.Data[float32](t) {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
