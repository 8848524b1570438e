package refs

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// heavyParams is how many parameters a network has that is due on one day of four:
// those from EfficientNet-B2 on, which take as long as all others. MIXCONV_NETWORKS=all checks
// all of them today.
const heavyParams = 9_000_000

// due reports whether the i-th of the heavy networks is looked at on a day.
func due(i int, day time.Time) bool {
	const seconds = 24 * 60 * 60
	return os.Getenv("MIXCONV_NETWORKS") == "all" || int64(i)%4 == day.Unix()/seconds%4
}

// TestNetworks converts the weights of the networks of PyTorch to both forms.
// Logits and feature maps on the planned engine, and logits of ONNX Runtime,
// are PyTorch's; so are the numbers of parameters and of multiply-adds.
func TestNetworks(t *testing.T) {
	var networks []convert.Network
	heavy, left := 0, 0
	for _, name := range convert.TorchNames() {
		n := named(t, name)
		if n.TrainedParams() >= heavyParams {
			if heavy++; !due(heavy, time.Now()) {
				left++
				continue
			}
		}
		networks = append(networks, n)
	}
	t.Logf("%d networks; %d of %d heavy ones are left to other days", len(networks), left, heavy)
	checkNetworks(t, networks)
}

// TestAblations does so with mixed depthwise convolutions in MobileNetV1 and
// V2, as the paper's ablations have them.
func TestAblations(t *testing.T) {
	var networks []convert.Network
	for _, m := range []convert.MDConv{
		{Kernels: []int{3, 5, 7}},
		{Kernels: []int{3, 5, 7, 9, 11}},
		{Kernels: []int{9}},
		{Kernels: []int{3, 5, 7}, Exponential: true},
		{Kernels: []int{3, 5, 7, 9}, Dilated: true},
		{Kernels: []int{3, 5, 7, 9, 11}, Exponential: true, Dilated: true},
	} {
		for _, name := range []string{"mobilenetv1_100", "mobilenetv2_100"} {
			n, err := named(t, name).WithMDConv(m)
			if err != nil {
				t.Fatal(err)
			}
			networks = append(networks, n)
		}
	}
	checkNetworks(t, networks)
}

func named(t *testing.T, name string) convert.Network {
	t.Helper()
	n, err := convert.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkNetworks compares networks with those that weights.py makes by their
// names.
func checkNetworks(t *testing.T, networks []convert.Network) {
	interpreter(t)
	const batch = 6 // networks whose weights are on disk at a time
	for some := range slices.Chunk(networks, batch) {
		folder := t.TempDir()
		args := []string{folder}
		for _, n := range some {
			args = append(args, n.Name)
		}
		python(t, nil, "weights.py", args...)
		var jobs []job
		for _, n := range some {
			t.Run(n.Name, func(t *testing.T) { jobs = append(jobs, convertTorch(t, folder, n)...) })
		}
		checkAndRun(t, jobs)
		for _, j := range jobs {
			if !t.Failed() {
				requireSame(t, filepath.Base(j.Model), readArrays(t, j.Input)["logits"], readArrays(t, j.Output)["logits"])
			}
		}
	}
}

// convertTorch converts a network that weights.py wrote, compares what can be
// compared in Go, and returns the jobs for ONNX Runtime.
func convertTorch(t *testing.T, folder string, n convert.Network) []job {
	name := n.Name
	run := filepath.Join(folder, name+".run.npz")
	recorded := readArrays(t, run)
	weights, o := filepath.Join(folder, name+".npz"), convert.Options{Network: &n, ImageSize: recorded["input"].Shape[3]}
	var jobs []job
	for _, form := range []convert.Form{convert.Split, convert.Fused} {
		o.MDConv = form
		m, err := torch.Convert(weights, o)
		if err != nil {
			t.Fatal(err)
		}
		requireCounts(t, m, recorded)
		comparePlanned(t, m, recorded)
		path := filepath.Join(folder, name+"."+string(form)+".onnx")
		if err := m.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, job{Model: path, Input: run, Output: path + ".npz", Run: true})
	}
	o.Features = true
	m, err := torch.Convert(weights, o)
	if err != nil {
		t.Fatal(err)
	}
	comparePlanned(t, m, recorded)
	return jobs
}

func requireCounts(t *testing.T, m *convert.Converted, recorded mixconv.Tensors) {
	t.Helper()
	want := func(name string) int64 { return tensor.Data[int64](recorded[name])[0] }
	if got := m.Network.TrainedParams(); got != want("params") {
		t.Errorf("%d trained parameters, PyTorch has %d", got, want("params"))
	}
	if s, err := runtime.Survey(m.Model, runtime.Options{}); err != nil || s.MACs != want("macs") {
		t.Errorf("%d multiply-adds, %v, PyTorch has %d", s.MACs, err, want("macs"))
	}
}

// comparePlanned runs m on the planned engine, without any fallback, and
// compares those of its outputs that are recorded: torchvision and pytorchcv
// give no feature maps.
func comparePlanned(t *testing.T, m *convert.Converted, recorded mixconv.Tensors) {
	t.Helper()
	s, err := mixconv.LoadModel(m.Model, engines[0])
	if err != nil {
		t.Fatal(err)
	}
	if fallbacks, err := s.Fallbacks(); err != nil || len(fallbacks) > 0 {
		t.Errorf("fallbacks %q, %v", fallbacks, err)
	}
	out, err := s.Run(context.Background(), mixconv.Tensors{"input": recorded["input"]})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range out {
		want := recorded[name]
		if want == nil {
			continue
		}
		v := verify.Compare(name, got, want, verify.DefaultTolerance)
		t.Logf("%s differs by %v of the largest value", name, v.MaxRel)
		if !v.Pass {
			t.Errorf("%s differs by %v of the largest value %s", name, v.MaxRel, v.Note)
		}
	}
}
