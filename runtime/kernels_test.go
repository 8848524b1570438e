package runtime

import (
	"math"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// TestPlansForKernels: a session on any machine shows its plans for the kernels of
// all others, and names them where it is asked for strangers. Its own are not
// touched.
func TestPlansForKernels(t *testing.T) {
	s := newSession(t, network(), Options{})
	dump := func(stage string) string {
		var b strings.Builder
		if err := s.Dump(&b, stage); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	own := dump("plan")
	for _, set := range kernel.Plain {
		plan := dump("plan:" + set.Name)
		if !strings.HasPrefix(plan, "plan arena=") {
			t.Errorf("%s: %q", set.Name, plan)
		}
		if set.Name == s.kernels.Name && plan != own {
			t.Errorf("%s is this machine's, but its plan is\n%snot\n%s", set.Name, plan, own)
		}
	}
	if dump("plan") != own {
		t.Error("looking at other plans changed the session's own")
	}
	for _, stage := range []string{"plan:", "plan:avx", "typed:avx2"} {
		if err := s.Dump(new(strings.Builder), stage); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("stage %q: %v", stage, err)
		}
	}
	if err := newSession(t, network(), Options{Engine: Reference}).Dump(new(strings.Builder), "plan:avx2"); err == nil {
		t.Error("the reference engine has a plan")
	}
}

// TestPeakFLOPS: no number of threads is too large or too small to ask for.
func TestPeakFLOPS(t *testing.T) {
	for _, threads := range []int{-1, 1, math.MaxInt} {
		if got := PeakFLOPS(threads); !(got > 1e6) {
			t.Errorf("%d threads: %g operations a second", threads, got)
		}
	}
}
