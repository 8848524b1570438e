package kernel

import (
	"math/rand/v2"
	"testing"
)

// whole has products that float32 holds, so that only additions round, and every
// machine in the same way, with one rounding for both or two.
func whole(r *rand.Rand, n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(r.IntN(1<<13) - 1<<12)
	}
	return list
}

// cutSum is the definition of a sum that is cut, for one row and one column.
func cutSum(a, column []float32, pieces, k int, bias float32) float32 {
	count, run := blocks(pieces, k)
	total, sum, any := bias, float32(0), false
	if count == pieces && run == k {
		total, sum = sum, total
	}
	for p := range pieces {
		for l := range k {
			if any && l%run == 0 && (l > 0 || p%count == 0) {
				total, sum = total+sum, 0
			}
			sum += a[p*k+l] * column[p*k+l]
			any = true
		}
	}
	return total + sum
}

// TestBlocks compares sums whose lengths are about those of blocks with the
// definition, to the bit.
func TestBlocks(t *testing.T) {
	const b = uncut
	r := rand.New(rand.NewPCG(7, 3))
	for _, s := range Sets {
		for _, k := range []int{1, 2, 9, b/2 + 1, b - 1, b, b + 1, 2*b - 1, 2 * b, 2*b + 1, 5*b + 7} {
			for _, pieces := range []int{1, 2, 3, 7, 21} {
				testBlocks(t, r, s, pieces, k)
			}
		}
	}
}

// testBlocks has two tiles and one of every other number of rows.
func testBlocks(t *testing.T, r *rand.Rand, s *Set, pieces, k int) {
	t.Helper()
	all := pieces * k
	m := 1 + r.IntN(3*s.Rows)
	a, w, bias := whole(r, m*all), whole(r, all*s.Panel), randoms(r, s.Panel)
	list := make([]Piece, pieces)
	for p := range list {
		list[p] = Piece{A: p * k, W: p * k}
	}
	column := make([]float32, all)
	for _, n := range []int{1, s.Vector, s.Panel - 1, s.Panel} {
		dst := make([]float32, m*n)
		s.Gemm(&GemmArgs{Dst: dst, DstStride: n, Left: Left{A: a, AStride: all, M: m, Lines: 1, Pieces: list, K: k}, Panel: w, Bias: bias, N: n, Lo: -infinity, Hi: infinity})
		for j := range n {
			for l := range column {
				column[l] = w[l*s.Panel+j]
			}
			for i := range m {
				if want := cutSum(a[i*all:], column, pieces, k, bias[j]); dst[i*n+j] != want {
					t.Fatalf("%s: %d pieces of %d, row %d of %d, column %d of %d: %g, want %g", s.Name, pieces, k, i, m, j, n, dst[i*n+j], want)
				}
			}
		}
	}
}

// TestBlockLengths: no sum is longer than it may be, no block much shorter than it
// need be.
func TestBlockLengths(t *testing.T) {
	for pieces := 1; pieces < 50; pieces++ {
		for k := 1; k < 5*uncut; k++ {
			count, run := blocks(pieces, k)
			length, most := count*run, blockLength
			if run == k && (count == 1 || count == pieces) {
				most = uncut
			}
			if length > most || run < k && count > 1 || length < pieces*k && length <= blockLength/2 {
				t.Errorf("%d pieces of %d: %d, %d", pieces, k, count, run)
			}
		}
	}
}
