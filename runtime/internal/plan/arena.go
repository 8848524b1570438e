package plan

import "slices"

// layOut gives every buffer that is no constant its offset in one arena, such
// that buffers in use at the same step never overlap, and returns the arena's
// size in floats. Large buffers are placed first, each at the lowest offset
// that is free during its life.
func layOut(buffers []*Buffer) int {
	order := slices.Clone(buffers)
	slices.SortStableFunc(order, func(a, b *Buffer) int { return b.size - a.size })
	var placed []*Buffer // by offset
	total := 0
	for _, b := range order {
		b.offset = 0
		for _, o := range placed {
			if o.first <= b.last && b.first <= o.last && b.offset+aligned(b.size) > o.offset && b.offset < o.offset+aligned(o.size) {
				b.offset = o.offset + aligned(o.size)
			}
		}
		i, _ := slices.BinarySearchFunc(placed, b.offset, func(o *Buffer, off int) int { return o.offset - off })
		placed = slices.Insert(placed, i, b)
		total = max(total, b.offset+aligned(b.size))
	}
	return total
}

// aligned rounds up to a cache line of 16 floats.
func aligned(n int) int { return (n + 15) &^ 15 }
