package plan

import (
	"cmp"
	"slices"
)

// layOut gives every buffer that is no constant its offset in one arena, such
// that buffers in use at the same step never overlap, and returns the arena's
// size in bytes. Large buffers are placed first, each at the lowest offset
// that is free during its life; of very many that are in use together, those that
// come last lie above all of them.
func layOut(buffers []*Buffer) int {
	order := slices.Clone(buffers)
	slices.SortStableFunc(order, func(a, b *Buffer) int { return b.bytes() - a.bytes() })
	steps := 0
	for _, b := range order {
		steps = max(steps, b.last+2)
	}
	a := &arena{steps: steps, during: make([][]*Buffer, 2*steps), begins: make([][]*Buffer, steps), left: mostComparisons}
	for _, b := range order {
		a.place(b)
	}
	return a.top
}

// mostComparisons of buffers are made to find the lowest offsets: as many as some
// five thousand need that are all in use together.
const mostComparisons = 10_000_000

// arena is what is placed so far. Steps count from 1 there: a graph's input is in use
// before the first, from step -1 on.
type arena struct {
	steps  int
	during [][]*Buffer // a binary tree of spans of steps: in use during a whole span, not all of the one around
	begins [][]*Buffer // at each step
	top    int
	left   int       // comparisons
	list   []*Buffer // what together returned last
}

// place gives b the lowest offset that is free during its life.
func (a *arena) place(b *Buffer) {
	b.offset = a.top
	if a.left > 0 {
		b.offset = a.lowest(b)
	}
	a.top = max(a.top, b.offset+aligned(b.bytes()))
	a.begins[b.first+1] = append(a.begins[b.first+1], b)
	for from, to := b.first+1+a.steps, b.last+2+a.steps; from < to; from, to = from/2, to/2 {
		if from&1 == 1 {
			a.during[from] = append(a.during[from], b)
			from++
		}
		if to&1 == 1 {
			to--
			a.during[to] = append(a.during[to], b)
		}
	}
}

// lowest is the lowest offset at which b meets no other buffer.
func (a *arena) lowest(b *Buffer) int {
	at := 0
	for _, o := range a.together(b) {
		if at+aligned(b.bytes()) > o.offset && at < o.offset+aligned(o.bytes()) {
			at = o.offset + aligned(o.bytes())
		}
	}
	return at
}

// together lists the placed buffers that are in use at any step of b's life, by
// offset: those in use at its first step, and those that begin later.
func (a *arena) together(b *Buffer) []*Buffer {
	list := a.list[:0]
	for span := b.first + 1 + a.steps; span > 0; span /= 2 {
		list = append(list, a.during[span]...)
	}
	for _, begun := range a.begins[b.first+2 : b.last+2] {
		list = append(list, begun...)
	}
	a.left -= len(list) + b.last - b.first
	slices.SortFunc(list, func(x, y *Buffer) int { return cmp.Compare(x.offset, y.offset) })
	a.list = list
	return list
}

// aligned rounds bytes up to a cache line.
func aligned(n int) int { return (n + 63) &^ 63 }
