package kernel

// Pool is the sum of each channel over all pixels of a picture, divided by
// Area; Out has one pixel a picture.
type Pool struct {
	In, Out Image
	Area    int // what sums are divided by
	Work    func(worker int) *Workspace
}

// PoolChannels is how many channels a task sums at once.
const PoolChannels = 64

// Bind returns the job; a task is a range of channels of one picture. Sums
// are kept in float64.
func (p Pool) Bind(s *Set) Job {
	blocks := (p.In.C + PoolChannels - 1) / PoolChannels
	return Job{Tasks: p.In.N * blocks, Run: func(task, worker int) {
		n, from := task/blocks, task%blocks*PoolChannels
		in := p.In.channels(from, min(PoolChannels, p.In.C-from))
		sums := &p.Work(worker).Sums
		pixels := in.H * in.W
		s.Sum(sums[:in.C], in.Data[n*pixels*in.Pixel:], in.Pixel, pixels)
		for c := range in.C {
			p.Out.Data[n*p.Out.Pixel+from+c] = float32(sums[c] / float64(p.Area))
		}
	}}
}
