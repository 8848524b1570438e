package kernel

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPlainSets: what plans are made of is the same for a set that this machine has
// and for its entry in plain Go.
func TestPlainSets(t *testing.T) {
	for _, s := range Sets {
		k, err := Named(Plain, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if k.Panel != s.Panel || k.Rows != s.Rows || k.Lanes != s.Lanes || k.Vector != s.Vector {
			t.Errorf("%s: known as panel %d, rows %d, lanes %d, vector %d", s.Name, k.Panel, k.Rows, k.Lanes, k.Vector)
		}
	}
	if _, err := Named(Plain, "sse"); err == nil || !strings.Contains(err.Error(), `kernels "sse", allowed are portable, avx2, avx512`) {
		t.Error(err)
	}
}

// TestPlain: convolutions in plain Go with the widths of every instruction set.
func TestPlain(t *testing.T) {
	for _, s := range Plain {
		r := rand.New(rand.NewPCG(41, 42))
		for i := range rounds(100) {
			g := randomGeometry(r, i%2 == 0)
			g.check(t, r, func(in, out Image, f Finish, weights, bias []float32) Job {
				if i%2 == 0 {
					return bindMixed(s, Mixed{In: in, Out: out, Finish: f, Groups: []MixedGroup{{g.in, g.win}}}, weights, bias)
				}
				return bindConv(s, packedConv(s, g, in, out, f, weights, bias))
			})
		}
	}
}

// TestChosen: MIXCONV_KERNELS names a set of this machine or a plain one; what is
// misspelt is an error that names all of them.
func TestChosen(t *testing.T) {
	fastest := Sets[len(Sets)-1]
	for value, want := range map[string]*Set{"": fastest, fastest.Name: fastest, "portable": &Portable, "plain-avx512": Plain[2]} {
		if got, err := chosen(value); err != nil || got != want {
			t.Errorf("%q: %v, %v", value, got, err)
		}
	}
	for _, value := range []string{"avx3", "AVX2", "plain", "plain-", "plain-avx3", "avx2 "} {
		_, err := chosen(value)
		if err == nil {
			t.Fatalf("%q is taken", value)
		}
		for _, s := range Sets {
			if !strings.Contains(err.Error(), " "+s.Name) || !strings.Contains(err.Error(), "plain-avx2, plain-avx512, plain-portable, ") {
				t.Errorf("%q: %v", value, err)
			}
		}
	}
}
