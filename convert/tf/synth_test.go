package tf

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf/internal/bundletest"
	"github.com/mixconv/mixconv/tensor"
)

// small is a MixNet-S that takes little to write and read.
func small(t testing.TB) convert.Network {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		t.Fatal(err)
	}
	n.DepthMultiplier, n.FeatureSize, n.Classes = 0.25, 16, 3
	return n
}

// style is what varies in the names of real checkpoints.
type style struct {
	layers string // scope of the layers that are no batch norms
	norms  string // scope of batch norms
	norm   string // what a batch norm is called
	gap    int    // numbers left out after each layer
}

var official = style{layers: "mixnet-s/mixnet_model", norms: "mixnet-s", norm: "batch_normalization"}

// stored is a parameter with the name and the values it is stored with.
type stored struct {
	convert.Param
	bundletest.Tensor
}

// nameParams names parameters as the official code does.
func nameParams(params []convert.Param, s style) []string {
	names := make([]string, len(params))
	counts := map[string]int{}
	layer, last := "", ""
	for i, p := range params {
		parts := strings.Split(p.Role, ".")
		scope := parts[0]
		if scope == "blocks" {
			scope = "blocks_" + parts[1]
		}
		if owner := strings.Join(parts[:len(parts)-1], "."); owner != last {
			last = owner
			switch {
			case strings.HasSuffix(owner, ".bn"):
				layer = s.norms + "/" + scope + "/" + numbered(counts, s.norm, scope, s.gap)
			case owner == "classifier":
				layer = s.layers + "/head/dense"
			case strings.Contains(owner, ".depthwise."):
				layer = s.layers + "/" + scope + "/" + numbered(counts, "depthwise_conv2d", "", s.gap)
			case strings.Contains(owner, ".se."):
				layer = s.layers + "/" + scope + "/se/" + numbered(counts, "conv2d", "", s.gap)
			default:
				layer = s.layers + "/" + scope + "/" + numbered(counts, "conv2d", "", s.gap)
			}
		}
		names[i] = layer + "/" + leafOf(p.Kind)
	}
	return names
}

// synthesize gives every parameter of n a name, and values that tell where
// they belong.
func synthesize(n convert.Network, s style) []stored {
	var list []stored
	params := n.Params()
	names := nameParams(params, s)
	for i, p := range params {
		shape := storedShape(p)
		values := make([]float32, shape.Elements())
		for j := range values {
			values[j] = value(i, j)
		}
		dims := make([]int64, len(shape))
		for d, size := range shape {
			dims[d] = int64(size)
		}
		list = append(list, stored{p, bundletest.Floats(names[i], values, dims...)})
	}
	return list
}

// value is what element j of parameter i is stored as.
func value(i, j int) float32 { return float32(i) + float32(j)/(1<<14) }

func numbered(counts map[string]int, name, scope string, gap int) string {
	n := counts[scope+name]
	counts[scope+name] += 1 + gap
	if n == 0 {
		return name
	}
	return fmt.Sprintf("%s_%d", name, n)
}

func tensorsOf(list []stored) []bundletest.Tensor {
	tensors := make([]bundletest.Tensor, len(list))
	for i, s := range list {
		tensors[i] = s.Tensor
	}
	return tensors
}

// averaged are the same tensors as averages, their values negated.
func averaged(tensors []bundletest.Tensor) []bundletest.Tensor {
	tensors = slices.Clone(tensors)
	for i, t := range tensors {
		tensors[i].Name += average
		tensors[i].Data = slices.Clone(t.Data)
		for j := 3; j < len(t.Data); j += 4 {
			tensors[i].Data[j] ^= 0x80
		}
	}
	return tensors
}

// write writes a checkpoint and returns its prefix.
func write(t testing.TB, tensors []bundletest.Tensor, shards int) string {
	folder := t.TempDir()
	for name, data := range bundletest.Files("model.ckpt-7", tensors, shards, bundletest.TableOptions{Block: 50}) {
		writeFile(t, filepath.Join(folder, name), data)
	}
	return filepath.Join(folder, "model.ckpt-7")
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// checkWeights compares every weight with what was stored, index by index.
func checkWeights(t testing.TB, n convert.Network, w convert.Weights, sign float32) {
	t.Helper()
	params := n.Params()
	if len(w) != len(params) {
		t.Fatalf("%d weights, want %d", len(w), len(params))
	}
	for i, p := range params {
		got := w[p.Role]
		if got == nil || !got.Shape.Equal(p.Shape) || got.DType != tensor.Float32 {
			t.Fatalf("%s: %v", p.Role, got)
		}
		index := make([]int, len(p.Shape))
		for k, v := range tensor.Data[float32](got) {
			for d, rest := len(index)-1, k; d >= 0; d-- {
				index[d], rest = rest%p.Shape[d], rest/p.Shape[d]
			}
			if want := sign * value(i, storedIndex(p, index)); v != want {
				t.Fatalf("%s%v is %v, want %v", p.Role, index, v, want)
			}
		}
	}
}

// storedIndex is the position, in TensorFlow's layout, of the element at index.
func storedIndex(p convert.Param, index []int) int {
	order := []int{0}
	switch p.Kind {
	case convert.Kernel:
		order = []int{2, 3, 1, 0}
	case convert.Depthwise:
		order = []int{2, 3, 0, 1}
	case convert.Dense:
		order = []int{1, 0}
	}
	at := 0
	for _, axis := range order {
		at = at*p.Shape[axis] + index[axis]
	}
	return at
}

func floatBytes(v float32) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)) }

// moveInto renames a checkpoint of one shard.
func moveInto(t testing.TB, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{".index", ".data-00000-of-00001"} {
		if err := os.Rename(from+suffix, to+suffix); err != nil {
			t.Fatal(err)
		}
	}
}
