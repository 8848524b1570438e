package kernel

// Plain Go with the widths of an instruction set's vectors: slow, and for tests of
// what depends on the widths alone.

// wideGemm is Gemm with panels of any width, one row after another.
func wideGemm(panel int) func(*GemmArgs) {
	return func(g *GemmArgs) {
		for i := range max(0, g.M) * max(0, g.Lines) {
			out := g.Dst[i/g.M*g.DstPitch+i%g.M*g.DstStride:][:g.N]
			g.wideSums(out, g.A[i*g.AStride:], panel)
			clamp(out, g.Lo, g.Hi)
		}
	}
}

// wideSums adds a row's products to the bias, block by block.
func (g *GemmArgs) wideSums(out, a []float32, panel int) {
	copy(out, g.Bias)
	count, run := blocks(len(g.Pieces), g.K)
	var room [32]float32 // of the widest panel
	sums := room[:len(out)]
	for p := 0; p < len(g.Pieces); p += max(1, count) {
		for from := 0; from < g.K; from += run {
			clear(sums)
			for _, piece := range g.Pieces[p:min(p+count, len(g.Pieces))] {
				for l := from; l < min(from+run, g.K); l++ {
					x, weights := a[piece.A+l], g.Panel[(piece.W+l)*panel:]
					for j := range sums {
						sums[j] += x * weights[j]
					}
				}
			}
			for j, sum := range sums {
				out[j] += sum
			}
		}
	}
}

// wideDepthwise is Depthwise with planes of any number of lanes, for whole vectors.
func wideDepthwise(lanes, vector int) func(*DepthwiseArgs) {
	return func(d *DepthwiseArgs) {
		d.depthwise(lanes, (d.Channels+vector-1)/vector*vector)
	}
}
