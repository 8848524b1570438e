package kernel

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRegistersAVX2: sixteen vector registers are all that AVX2 has. The
// generator knows 32 and takes them where it runs out; only a machine without
// AVX-512 would notice.
func TestRegistersAVX2(t *testing.T) {
	code, err := os.ReadFile("kernels_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	high, functions := regexp.MustCompile(`\b[XYZ](1[6-9]|2\d|3[01])\b|\bZ\d|\bK[0-7]\b`), 0
	for _, f := range strings.Split(string(code), "\nTEXT ·")[1:] {
		name, _, _ := strings.Cut(f, "(")
		if !strings.HasSuffix(name, "AVX2") {
			continue
		}
		functions++
		if r := high.FindString(f); r != "" {
			t.Errorf("%s uses %s", name, r)
		}
	}
	if functions == 0 {
		t.Error("no AVX2 function found")
	}
}
