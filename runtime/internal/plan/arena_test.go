package plan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// someTypes are of elements of several sizes, one of half a byte.
var someTypes = []tensor.DType{tensor.Float32, tensor.Int8, tensor.Float16, tensor.Uint4, tensor.Float64}

// TestLayOut: buffers alive at the same step never share a byte, and the
// arena is not larger than all of them one after another.
func TestLayOut(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		var list []*Buffer
		sum := 0
		for range 1 + r.IntN(30) {
			first := r.IntN(20) - 1
			b := &Buffer{dtype: someTypes[r.IntN(len(someTypes))], size: r.IntN(100), first: first, last: first + r.IntN(6)}
			list = append(list, b)
			sum += aligned(b.bytes())
		}
		total := layOut(list)
		if total > sum {
			t.Fatalf("arena %d, all buffers together %d", total, sum)
		}
		for i, a := range list {
			if a.offset < 0 || a.offset+a.bytes() > total {
				t.Fatalf("%+v outside the arena of %d", a, total)
			}
			for _, b := range list[:i] {
				alive := a.first <= b.last && b.first <= a.last
				if alive && a.offset < b.offset+b.bytes() && b.offset < a.offset+a.bytes() {
					t.Fatalf("%+v and %+v overlap", a, b)
				}
			}
		}
	}
}

// lowestOffsets is layOut as it is defined: each buffer is held against all before it.
func lowestOffsets(buffers []*Buffer) (offsets []int) {
	order := slices.Clone(buffers)
	slices.SortStableFunc(order, func(a, b *Buffer) int { return b.bytes() - a.bytes() })
	at := map[*Buffer]int{}
	for i, b := range order {
		before := slices.Clone(order[:i])
		slices.SortFunc(before, func(x, y *Buffer) int { return at[x] - at[y] })
		for _, o := range before {
			if o.first <= b.last && b.first <= o.last && at[b]+aligned(b.bytes()) > at[o] && at[b] < at[o]+aligned(o.bytes()) {
				at[b] = at[o] + aligned(o.bytes())
			}
		}
	}
	for _, b := range buffers {
		offsets = append(offsets, at[b])
	}
	return offsets
}

// TestLayOutIsLowest compares layOut with its definition, and a long chain of many
// buffers with what two need.
func TestLayOutIsLowest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		var list []*Buffer
		steps := 1 + r.IntN(60)
		for range 1 + r.IntN(80) {
			first := r.IntN(steps) - 1
			list = append(list, &Buffer{dtype: someTypes[r.IntN(len(someTypes))], size: r.IntN(200), first: first, last: first + r.IntN(1+r.IntN(steps))})
		}
		want := lowestOffsets(list)
		layOut(list)
		for i, b := range list {
			if b.offset != want[i] {
				t.Fatalf("buffer %d of %d: offset %d, want %d", i, len(list), b.offset, want[i])
			}
		}
	}
	var chain, wide []*Buffer
	for i := range 50_000 {
		chain = append(chain, &Buffer{dtype: tensor.Float32, size: 64, first: i - 1, last: i})
		wide = append(wide, &Buffer{dtype: tensor.Float32, size: 64, first: i - 1, last: 50_000})
	}
	if total := layOut(chain); total != 512 {
		t.Errorf("a chain takes %d, want 512", total)
	}
	if total := layOut(wide); total != 256*len(wide) {
		t.Errorf("buffers in use together take %d, want %d", total, 256*len(wide))
	}
}
