package mixconv_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/converttest"
	"github.com/mixconv/mixconv/runtime"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDumps holds the stages of MixNet-S, M and L on their way from file to
// plan against golden files: a change of a lowering, a pass or the plan shows.
func TestDumps(t *testing.T) {
	for _, name := range []string{"mixnet-s", "mixnet-m", "mixnet-l"} {
		n, err := convert.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := convert.Lower(n, converttest.Weights(n, 1), convert.Options{MDConv: mixconv.Fused, ImageSize: 224})
		if err != nil {
			t.Fatal(err)
		}
		s, err := mixconv.LoadModel(m, mixconv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, stage := range runtime.Stages {
			var got bytes.Buffer
			if err := s.Dump(&got, stage); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "dumps", name+"."+stage+".txt"), got.Bytes())
		}
	}
}

// TestFormsMeet: both forms become the same plan, step for step.
func TestFormsMeet(t *testing.T) {
	for _, name := range convert.Names() {
		n, err := convert.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		weights := converttest.Weights(n, 1)
		var plans [2]bytes.Buffer
		for i, form := range []convert.Form{mixconv.Split, mixconv.Fused} {
			m, err := convert.Lower(n, weights, convert.Options{MDConv: form, ImageSize: 224})
			if err != nil {
				t.Fatal(err)
			}
			s, err := mixconv.LoadModel(m, mixconv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Dump(&plans[i], "plan"); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(plans[0].Bytes(), plans[1].Bytes()) {
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
