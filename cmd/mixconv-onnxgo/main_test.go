package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With this set the test's program is mixconv-onnxgo; with planted too, one
// that takes that model in place of the one it is given.
const (
	asCommand = "MIXCONV_ONNXGO_TEST"
	planted   = "MIXCONV_ONNXGO_PLANTED"
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) == "" {
		os.Exit(m.Run())
	}
	if other := os.Getenv(planted); other != "" {
		os.Args[1] = other
	}
	main()
}

// plain is a network that onnx-go can run: Conv, Relu, GlobalAveragePool,
// Flatten and Gemm, but no groups.
const plain = `
name plain
stem 16
features 64
classes 10
stage cn_r1_k3_s1_c16
stage cn_r2_k3_s2_c32
stage cn_r1_k5_s2_c32
`

// mixconv is the command, built from the tree around this module.
type mixconv struct {
	t            *testing.T
	path, folder string
	env          []string
}

func build(t *testing.T) *mixconv {
	folder := t.TempDir()
	m := &mixconv{t, filepath.Join(folder, "mixconv"), folder, nil}
	if out, err := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", m.path, "./cmd/mixconv").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m.env = append(os.Environ(), asCommand+"=1", "MIXCONV_ONNXGO="+own)
	if err := os.WriteFile(filepath.Join(folder, "plain.txt"), []byte(plain), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a command line and demands an exit code.
func (m *mixconv) run(code int, args ...string) (stdout, stderr string) {
	m.t.Helper()
	var out, errOut strings.Builder
	cmd := exec.Command(m.path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = m.folder, m.env, &out, &errOut
	err := cmd.Run()
	if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) || cmd.ProcessState.ExitCode() != code {
		m.t.Fatalf("%q: %v, want exit code %d\n%s%s", args, err, code, &out, &errOut)
	}
	return out.String(), errOut.String()
}

// TestVerify has mixconv compare models with onnx-go: one that its engine runs,
// also in pieces, with another's weights, and MixNet, which it cannot run.
func TestVerify(t *testing.T) {
	m := build(t)
	m.run(0, "new", "--arch-file", "plain.txt", "-o", "plain.onnx", "--image-size", "32")
	m.run(0, "new", "--arch-file", "plain.txt", "-o", "other.onnx", "--image-size", "32", "--seed", "2")
	m.run(0, "new", "--arch", "mixnet_s", "-o", "mixnet.onnx", "--image-size", "32")
	m.run(0, "new", "--arch", "mixnet_s", "-o", "fused.onnx", "--image-size", "32", "--form", "fused")

	type reference struct {
		Pass           bool    `json:"pass"`
		Compared       int     `json:"compared"`
		MaxAbs         float64 `json:"max_abs"`
		FirstDifferent *string `json:"first_different"`
	}
	verify := func(code int) reference {
		out, _ := m.run(code, "verify", "plain.onnx", "--ref", "onnx-go", "--json")
		var report struct{ References []reference }
		if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.References) != 1 {
			t.Fatalf("%v\n%s", err, out)
		}
		return report.References[0]
	}
	if r := verify(0); !r.Pass || r.Compared != 20 || r.MaxAbs == 0 {
		t.Errorf("%+v; other loops than ours should differ in some last bit", r)
	}
	for model, want := range map[string]string{
		"mixnet.onnx": "conv: Failed to infer shape. Op: A × Bᵀ: Inner dimensions do not match up\"; its Conv knows no groups",
		"fused.onnx":  "",
	} {
		_, stderr := m.run(3, "verify", model, "--ref", "onnx-go")
		if !strings.HasPrefix(stderr, "mixconv: --ref onnx-go: cannot run the model") || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %s", model, stderr)
		}
	}
	m.env = append(m.env, planted+"="+filepath.Join(m.folder, "other.onnx"))
	if r := verify(1); r.Pass || r.FirstDifferent == nil || *r.FirstDifferent != "logits" {
		t.Errorf("another's weights: %+v", r)
	}
}

// TestRun: what onnx-go makes of bytes that are no model is an error.
func TestRun(t *testing.T) {
	folder := t.TempDir()
	for name, data := range map[string]string{"empty": "", "text": "no model", "field": "\x3a\xff\xff\xff\xff\x07"} {
		model := filepath.Join(folder, name)
		if err := os.WriteFile(model, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(model, model, filepath.Join(folder, "out.npz")); err == nil {
			t.Errorf("%s is a model", name)
		}
	}
}
