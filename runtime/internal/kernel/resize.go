package kernel

// Resize makes every pixel of Out of pixels of In: of those of some rows, and in
// these of some columns.
type Resize struct {
	In, Out    Image
	Rows, Cols [][]Tap                     // by row and column of Out
	Work       func(worker int) *Workspace // with room for ScratchSize
}

// Tap is a row or column of In, and its weight.
type Tap struct {
	From   int
	Weight float32
}

// ScratchSize is the number of floats that Bind's job needs per worker.
func (r *Resize) ScratchSize() int { return r.In.W * r.In.C }

// Bind returns the job; a task is a row of one picture. Rows are blended first.
func (r Resize) Bind() Job {
	return Job{Tasks: r.Out.N * r.Out.H, Run: func(task, worker int) {
		picture, y := task/r.Out.H, task%r.Out.H
		in := r.In
		in.Data = in.Data[picture*in.H*in.W*in.Pixel:]
		if taps := r.Rows[y]; len(taps) == 1 && taps[0].Weight == 1 {
			in.Data = in.Data[taps[0].From*in.W*in.Pixel:]
		} else {
			in = r.blend(in, taps, r.Work(worker).Scratch)
		}
		for x, taps := range r.Cols {
			to := r.Out.at(task*r.Out.W + x)
			for i, t := range taps {
				weigh(to, in.at(t.From), t.Weight, i == 0)
			}
		}
	}}
}

// blend is the weighted sum of in's rows, as a picture of one row.
func (r *Resize) blend(in Image, taps []Tap, to []float32) Image {
	row := Image{Data: to, N: 1, H: 1, W: in.W, C: in.C, Pixel: in.C}
	for x := range in.W {
		for i, t := range taps {
			weigh(row.at(x), in.at(t.From*in.W+x), t.Weight, i == 0)
		}
	}
	return row
}

// weigh writes w·x to dst, or adds it.
func weigh(dst, x []float32, w float32, first bool) {
	x = x[:len(dst)]
	switch {
	case first && w == 1:
		copy(dst, x)
	case first:
		for i, v := range x {
			dst[i] = w * v
		}
	default:
		for i, v := range x {
			dst[i] += w * v
		}
	}
}
