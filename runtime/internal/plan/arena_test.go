package plan

import (
	"math/rand/v2"
	"testing"
)

// TestLayOut: buffers alive at the same step never share a float, and the
// arena is not larger than all of them one after another.
func TestLayOut(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		var list []*Buffer
		sum := 0
		for range 1 + r.IntN(30) {
			first := r.IntN(20) - 1
			b := &Buffer{size: r.IntN(100), first: first, last: first + r.IntN(6)}
			list = append(list, b)
			sum += aligned(b.size)
		}
		total := layOut(list)
		if total > sum {
			t.Fatalf("arena %d, all buffers together %d", total, sum)
		}
		for i, a := range list {
			if a.offset < 0 || a.offset+a.size > total {
				t.Fatalf("%+v outside the arena of %d", a, total)
			}
			for _, b := range list[:i] {
				alive := a.first <= b.last && b.first <= a.last
				if alive && a.offset < b.offset+b.size && b.offset < a.offset+a.size {
					t.Fatalf("%+v and %+v overlap", a, b)
				}
			}
		}
	}
}
