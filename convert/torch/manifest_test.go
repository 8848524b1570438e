package torch_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/tensor"
)

// manifest says what PyTorch has in the files beside it: see testdata/make.py.
type manifest map[string]struct {
	Names      []string
	Tensors    map[string][3]any // type, shape, elements in hexadecimal
	Dictionary string
	Averages   bool
	Prefix     string
}

// TestPyTorchFiles reads files that PyTorch 2.15, safetensors 0.8 and NumPy
// 2.4 wrote.
func TestPyTorchFiles(t *testing.T) { checkFolder(t, filepath.Join("testdata", "pytorch")) }

// TestPyTorchLive has PyTorch write the files anew.
func TestPyTorchLive(t *testing.T) {
	python := os.Getenv("MIXCONV_PYTHON")
	if python == "" {
		testenv.Missing(t, "python", "MIXCONV_PYTHON is not set: no interpreter with PyTorch")
	}
	for seed := 2; seed <= 3; seed++ {
		folder := t.TempDir()
		cmd := exec.Command(python, filepath.Join("testdata", "make.py"), folder, strconv.Itoa(seed))
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		checkFolder(t, folder)
	}
}

func checkFolder(t *testing.T, folder string) {
	data, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Sorted(maps.Keys(m)) {
		want := m[file]
		c, err := torch.Read(filepath.Join(folder, file), convert.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if c.Dictionary != want.Dictionary || c.Averages != want.Averages || c.Prefix != want.Prefix {
			t.Errorf("%s: dictionary %q, averages %v, prefix %q, want %q, %v, %q",
				file, c.Dictionary, c.Averages, c.Prefix, want.Dictionary, want.Averages, want.Prefix)
		}
		var names []string
		for _, got := range c.Tensors {
			names = append(names, got.Name)
			checkTensor(t, file+": "+got.Name, got.Tensor, want.Tensors[got.Name])
		}
		if strings.HasSuffix(file, ".safetensors") {
			slices.Sort(names) // ordered by alignment first
		}
		if diff := cmp.Diff(want.Names, names); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

// torchNames are the types that torch names differently.
var torchNames = map[tensor.DType]string{tensor.Float8E4M3FN: "float8_e4m3fn", tensor.Float8E5M2: "float8_e5m2"}

func checkTensor(t *testing.T, name string, got *tensor.Tensor, want [3]any) {
	t.Helper()
	dtype := got.DType.String()
	if n, ok := torchNames[got.DType]; ok {
		dtype = n
	}
	shape := []any{}
	for _, d := range got.Shape {
		shape = append(shape, float64(d))
	}
	var elements bytes.Buffer
	if err := binary.Write(&elements, binary.LittleEndian, got.Data); err != nil {
		t.Fatal(err)
	}
	have := [3]any{dtype, shape, hex.EncodeToString(elements.Bytes())}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}
