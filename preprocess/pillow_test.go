package preprocess

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/limit"
)

// pillowCases is testdata/pillow.py's cases.json.
type pillowCases struct {
	Decode []struct {
		File   string
		Size   [2]int
		SHA256 string
	}
	Resize []struct {
		Seed     uint32
		From, To [2]int
		Filter   Interpolation
		SHA256   string
	}
}

// TestPillow compares decoding and resizing with what Pillow 13 made.
func TestPillow(t *testing.T) { checkPillow(t, "testdata/pillow") }

// TestLivePillow does so with cases made now, by the Python of MIXCONV_PYTHON.
func TestLivePillow(t *testing.T) {
	dir := t.TempDir()
	runPython(t, "PIL", "testdata/pillow.py", dir, "2", "300")
	checkPillow(t, dir)
}

// runPython runs a script and returns what it prints; it skips the test if
// there is no Python that has the module.
func runPython(t *testing.T, module string, args ...string) []byte {
	t.Helper()
	python := os.Getenv("MIXCONV_PYTHON")
	if python == "" {
		testenv.Missing(t, "python", "MIXCONV_PYTHON is not set: no Python to compare with")
	}
	if err := exec.Command(python, "-c", "import numpy, "+module).Run(); err != nil {
		// TensorFlow is not among what make test-refs installs: the committed
		// cases that it made stand for it there.
		what := "python"
		if module == "tensorflow" {
			what = module
		}
		testenv.Missing(t, what, "MIXCONV_PYTHON has no numpy or no "+module)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(python, append([]string{"-W", "ignore"}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, &stderr)
	}
	return out
}

func checkPillow(t *testing.T, dir string) {
	var cases pillowCases
	readJSON(t, filepath.Join(dir, "cases.json"), &cases)
	if len(cases.Decode) < 50 || len(cases.Resize) < 200 {
		t.Errorf("only %d pictures and %d resizes", len(cases.Decode), len(cases.Resize))
	}
	for _, c := range cases.Decode {
		p, err := Config{Kind: Torch}.ReadFile(filepath.Join(dir, c.File), limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.File, err)
			continue
		}
		if got := [2]int{p.Width, p.Height}; got != c.Size || digest(p) != c.SHA256 {
			t.Errorf("%s: %v pixels, want %v, or other colours than Pillow's", c.File, got, c.Size)
		}
	}
	for _, c := range cases.Resize {
		p := madeUp(c.Seed, c.From[0], c.From[1])
		if got := pillowResize(p, c.To[0], c.To[1], c.Filter, window{0, 0, c.To[0], c.To[1]}); digest(got) != c.SHA256 {
			t.Errorf("%s of picture %d from %v to %v differs from Pillow's", c.Filter, c.Seed, c.From, c.To)
		}
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func digest(p *Picture) string {
	sum := sha256.Sum256(p.copy().Pix)
	return hex.EncodeToString(sum[:])
}

// madeUp is the picture of slopes and noise that the scripts in testdata make.
func madeUp(seed uint32, w, h int) *Picture {
	p := newPicture(w, h)
	mask := [4]uint32{255, 63, 15, 0}[seed%4]
	for i := range p.Pix {
		n := (uint32(i) + seed*7919) * 2654435761
		n ^= n >> 15
		n *= 2246822519
		n ^= n >> 13
		x, y, c := i/3%w, i/3/w, i%3
		slope := x*int(1+seed%5) + y*int(1+seed%3)*(c+1)
		p.Pix[i] = uint8(uint32(slope) + n&mask)
	}
	return p
}
