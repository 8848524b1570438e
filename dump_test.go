package mixconv_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/runtime"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDumps holds the stages of MixNet-S, M and L on their way from file to
// plan against golden files: a change of a lowering, a pass or the plan shows. There
// is a plan for the kernels of AVX2, whose panels the portable ones share, and one for
// AVX-512; either can be made on any machine.
func TestDumps(t *testing.T) {
	for _, name := range []string{"mixnet-s", "mixnet-m", "mixnet-l"} {
		n, err := convert.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := convert.Lower(n, convert.Random(n, 1), convert.Options{MDConv: convert.Fused, ImageSize: 224})
		if err != nil {
			t.Fatal(err)
		}
		s, err := mixconv.LoadModel(m, mixconv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, stage := range []string{"onnx", "typed", "passed", "fused", "plan:avx2", "plan:avx512"} {
			golden(t, filepath.Join("testdata", "dumps", name+"."+strings.ReplaceAll(stage, ":", "-")+".txt"), dump(t, s, stage))
		}
		if !bytes.Equal(dump(t, s, "plan:portable"), dump(t, s, "plan:avx2")) {
			t.Errorf("%s: the plans for portable kernels and for AVX2 differ", name)
		}
		if own := dump(t, s, "plan"); !bytes.Equal(own, dump(t, s, "plan:avx2")) && !bytes.Equal(own, dump(t, s, "plan:avx512")) {
			t.Errorf("%s: this machine's plan is that of no known kernels", name)
		}
	}
}

func dump(t *testing.T, s *runtime.Session, stage string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Dump(&b, stage); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFormsMeet: both forms become the same plan, step for step.
func TestFormsMeet(t *testing.T) {
	for _, name := range convert.Names() {
		n, err := convert.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		weights := convert.Random(n, 1)
		var plans [2][]byte
		for i, form := range []convert.Form{convert.Split, convert.Fused} {
			m, err := convert.Lower(n, weights, convert.Options{MDConv: form, ImageSize: 224})
			if err != nil {
				t.Fatal(err)
			}
			s, err := mixconv.LoadModel(m, mixconv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			plans[i] = dump(t, s, "plan")
		}
		if !bytes.Equal(plans[0], plans[1]) {
			t.Errorf("%s: the plans of both forms differ", name)
		}
	}
}

// golden compares got with a file, or writes it under -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if the change is meant, run go test . -update and read the difference", path)
	}
}
