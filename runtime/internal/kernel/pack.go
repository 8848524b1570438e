package kernel

// Packed is a matrix [rows][k] of weights as Gemm reads it: panels of
// set.Panel rows, each [k][Panel], the last one filled up with zeros.
type Packed struct {
	Rows, K int
	Data    []float32
}

// Rows returns n rows of a matrix of weights from number first on, side by side,
// either where they lie or in buf, which has room for them. It is safe for
// goroutines.
type Rows func(first, n int, buf []float32) []float32

// taskFloats is how much of a matrix one goroutine packs.
const taskFloats = 128 << 10

// Pack arranges rows × k weights, in memory of the slab, which must be waited
// for. read gets a buffer with room for twice as many rows as it is asked for.
func (s *Set) Pack(slab *Slab, rows, k int, read Rows) Packed {
	p := s.newPacked(slab, rows, k)
	step := max(1, taskFloats/(s.Panel*k)) * s.Panel
	for from := 0; from < rows; from += step {
		part := Packed{min(step, rows-from), k, p.Data[from*k:]}
		slab.fill(2*s.Panel*k, func(buf []float32) { s.fill(part, from, read, buf) })
	}
	return p
}

// PackConv packs convolution weights [groups·out][in][area], each group as
// [out][area·in], so that a pixel's channels lie side by side. As many
// neighbouring groups as fill a panel become one, with zeros for the channels of
// the others: that multiplies no more than a panel for each would.
func (s *Set) PackConv(slab *Slab, read Rows, groups, out, in, area int) []Packed {
	each := 1
	for n := 2; n <= groups && n*out <= s.Panel; n++ {
		if groups%n == 0 {
			each = n
		}
	}
	list := make([]Packed, groups/each)
	for g := range list {
		first := g * each * out
		list[g] = s.packGroups(slab, func(from, n int, buf []float32) []float32 { return read(first+from, n, buf) }, each, out, in, area)
	}
	return list
}

func (s *Set) packGroups(slab *Slab, read Rows, groups, out, in, area int) Packed {
	channels, size := groups*in, in*area
	k := groups * size
	return s.Pack(slab, groups*out, k, func(from, n int, buf []float32) []float32 {
		list, rest := buf[:n*k], buf[n*k:]
		w := read(from, n, rest)
		if area == 1 && groups == 1 {
			return w
		}
		if groups > 1 {
			clear(list)
		}
		for row := range n {
			to := list[row*k+(from+row)/out*in:]
			for i, v := range w[row*size:][:size] {
				to[i%area*channels+i/area] = v
			}
		}
		return list
	})
}

// PackExpand packs the weights [C][k] of a convolution for the panels of the
// Mixed behind it, and its bias [C].
func (s *Set) PackExpand(slab *Slab, panels []Panel, read Rows, bias []float32, k int) (packed []Packed, biases [][]float32) {
	for _, p := range panels {
		w := s.newPacked(slab, p.N, k)
		w.Rows = (p.N + s.Vector - 1) / s.Vector * s.Vector // whole vectors are stored fastest
		b := slab.Floats(s.Lanes)
		copy(b, bias[p.From:][:p.N])
		packed, biases = append(packed, w), append(biases, b)
	}
	slab.fill(2*s.Panel*k, func(buf []float32) {
		for i, p := range panels {
			s.fill(Packed{p.N, k, packed[i].Data}, p.From, read, buf)
		}
	})
	return packed, biases
}

// PackMixed cuts the channels of groups into panels; taps has the kernel of each
// channel for each group, bias is of all channels. No panel crosses a multiple
// of part, unless that is 0.
func (s *Set) PackMixed(slab *Slab, groups []MixedGroup, part int, taps []Rows, bias []float32) []Panel {
	var panels []Panel
	from, most := 0, 0
	for g, group := range groups {
		area, to := group.Window.KH*group.Window.KW, from+group.Channels
		for from < to {
			p := Panel{From: from, N: min(s.Lanes, to-from), Group: g, Bias: slab.Floats(s.Lanes), Weights: slab.Floats(area * s.Lanes)}
			if part > 0 {
				p.N = min(p.N, part-from%part)
			}
			panels = append(panels, p)
			from += p.N
		}
		most = max(most, area*s.Lanes)
	}
	slab.fill(most, func(buf []float32) {
		first, group := 0, 0 // channel of what group
		for _, p := range panels {
			if p.Group != group {
				first, group = p.From, p.Group
			}
			area := len(p.Weights) / s.Lanes
			pack(p.Weights, taps[p.Group](p.From-first, p.N, buf), p.N, area, s.Lanes)
			copy(p.Bias, bias[p.From:][:p.N])
		}
	})
	return panels
}

func (s *Set) newPacked(slab *Slab, rows, k int) Packed {
	panels := (rows + s.Panel - 1) / s.Panel
	return Packed{Rows: rows, K: k, Data: slab.Floats(panels * k * s.Panel)}
}

// fill sets p's weights, those of the rows from number first on.
func (s *Set) fill(p Packed, first int, read Rows, buf []float32) {
	step := len(buf) / (2 * s.Panel * p.K) * s.Panel
	for row := 0; row < p.Rows; row += step {
		n := min(step, p.Rows-row)
		w := read(first+row, n, buf)
		for from := 0; from < n; from += s.Panel {
			pack(p.Data[(row+from)*p.K:], w[from*p.K:], min(s.Panel, n-from), p.K, s.Panel)
		}
	}
}

// pack sets dst[l·width+j] = src[j·k+l] for j < n and l < k.
func pack(dst, src []float32, n, k, width int) {
	j := 0
	for ; j+4 <= n; j += 4 { // four at a time: dst is written in pieces of a cache line
		a, b, c, d := src[j*k:][:k], src[(j+1)*k:][:k], src[(j+2)*k:][:k], src[(j+3)*k:][:k]
		for l, v := range a {
			*(*[4]float32)(dst[l*width+j:]) = [4]float32{v, b[l], c[l], d[l]}
		}
	}
	for ; j < n; j++ {
		for l, v := range src[j*k:][:k] {
			dst[l*width+j] = v
		}
	}
}
