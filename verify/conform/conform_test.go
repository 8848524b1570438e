package conform

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/internal/testenv"
)

var update = flag.Bool("update", false, "write recorded.tsv and OPERATORS.md anew")

const operatorsFile = "../../OPERATORS.md"

// TestConformance runs all of ONNX's cases. None may fail, none that passed may
// be lost, and what OPERATORS.md says must be so.
func TestConformance(t *testing.T) {
	dir := os.Getenv("MIXCONV_ONNX_DATA")
	if dir == "" {
		testenv.Missing(t, "onnx", "MIXCONV_ONNX_DATA is not set: make test-refs sets it")
	}
	got, err := Run(context.Background(), os.DirFS(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		write(t, "recorded.tsv", []byte(got.record()))
		write(t, operatorsFile, table(got))
		return
	}
	outcome := map[string]Case{}
	for _, c := range got.Cases {
		outcome[c.Name] = c
		if c.Status == Failed {
			t.Errorf("%s failed: %s", c.Name, c.Reason)
		}
	}
	for _, c := range Recorded().Cases {
		if now := outcome[c.Name]; c.Status == Passed && now.Status != Passed {
			t.Errorf("%s passed, now it is %s: %s", c.Name, now.Status, now.Reason)
		}
	}
	if diff := cmp.Diff(recorded, got.record()); diff != "" && !t.Failed() {
		t.Errorf("recorded.tsv differs; run this test with -update and read the difference:\n%s", diff)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func table(r *Report) []byte {
	var b bytes.Buffer
	r.WriteTable(&b)
	return b.Bytes()
}

// TestOperatorsFile needs no cases: the file is the registry and the record.
func TestOperatorsFile(t *testing.T) {
	got := table(Recorded())
	if *update {
		write(t, operatorsFile, got)
	}
	want, err := os.ReadFile(operatorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("OPERATORS.md differs from the registry and recorded.tsv (-file +generated):\n%s", diff)
	}
}

// record is the report in the form of recorded.tsv.
func (r *Report) record() string {
	var b strings.Builder
	for _, c := range r.Cases {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", c.Name, c.Status, strings.Join(c.Ops, " "), c.Reason)
	}
	return b.String()
}
