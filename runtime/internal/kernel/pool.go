package kernel

// Pool is the mean of each channel over all pixels of a picture; Out has one
// pixel a picture.
type Pool struct{ In, Out Image }

// poolChannels is how many channels a task sums at once.
const poolChannels = 64

// Bind returns the job; a task is a range of channels of one picture. Sums
// are kept in float64.
func (p Pool) Bind(*Set) Job {
	blocks := (p.In.C + poolChannels - 1) / poolChannels
	return Job{Tasks: p.In.N * blocks, Run: func(task, _ int) {
		n, from := task/blocks, task%blocks*poolChannels
		in := p.In.channels(from, min(poolChannels, p.In.C-from))
		var sum [poolChannels]float64
		area := in.H * in.W
		for i := n * area; i < (n+1)*area; i++ {
			for c, v := range in.at(i) {
				sum[c] += float64(v)
			}
		}
		for c := range in.C {
			p.Out.Data[n*p.Out.Pixel+from+c] = float32(sum[c] / float64(area))
		}
	}}
}
