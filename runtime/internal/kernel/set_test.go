package kernel

import (
	"strings"
	"testing"
)

// TestKnownSets: what plans are made of is the same for a set that this machine has
// and for the entry without code.
func TestKnownSets(t *testing.T) {
	for _, s := range Sets {
		k, err := Named(Known, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if k.Panel != s.Panel || k.Rows != s.Rows || k.Lanes != s.Lanes || k.Vector != s.Vector {
			t.Errorf("%s: known as panel %d, rows %d, lanes %d, vector %d", s.Name, k.Panel, k.Rows, k.Lanes, k.Vector)
		}
	}
	if _, err := Named(Known, "sse"); err == nil || !strings.Contains(err.Error(), `kernels "sse", allowed are portable, avx2, avx512`) {
		t.Error(err)
	}
}
