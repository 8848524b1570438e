package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestPack compares every element with its formula, and that the rest is zero.
func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{1, 1}, {3, 5}, {16, 7}, {17, 9}, {31, 40}, {1000, 300}} {
		rows, k := size[0], size[1]
		w := randoms(r, rows*k)
		for _, s := range Sets {
			var slab Slab
			p := s.Pack(&slab, rows, k, rowsOf(w, k))
			slab.Wait()
			for i := range len(p.Data) / k {
				for l := range k {
					want := float32(0)
					if i < rows {
						want = w[i*k+l]
					}
					if got := p.Data[i/s.Panel*s.Panel*k+l*s.Panel+i%s.Panel]; got != want {
						t.Fatalf("%s, %d×%d: row %d, column %d: %v, want %v", s.Name, rows, k, i, l, got, want)
					}
				}
			}
		}
	}
}

func BenchmarkPack(b *testing.B) {
	for _, width := range []int{8, 16, 32} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			const k = 300
			dst, src := make([]float32, width*k), make([]float32, width*k)
			b.SetBytes(4 * k * int64(width))
			for b.Loop() {
				pack(dst, src, width, k, width)
			}
		})
	}
}

// rowsOf is rows of k weights in memory.
func rowsOf(w []float32, k int) Rows {
	return func(first, n int, _ []float32) []float32 { return w[first*k:][:n*k] }
}
