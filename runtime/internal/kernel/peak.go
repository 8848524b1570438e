package kernel

import (
	"sync"
	"time"
)

// chains is how many sums peak has side by side: a processor begins several
// multiply-adds before the first one ends.
const chains = 12

// peak is the plain Peak. What it computes decides on what it returns, or the compiler
// would leave it out.
func peak(rounds int) int64 {
	var a, b, c, d, e, f, g, h, i, j, k, l float32
	for range rounds {
		a, b, c, d = a*0.5+1, b*0.5+1, c*0.5+1, d*0.5+1
		e, f, g, h = e*0.5+1, f*0.5+1, g*0.5+1, h*0.5+1
		i, j, k, l = i*0.5+1, j*0.5+1, k*0.5+1, l*0.5+1
	}
	if a+b+c+d+e+f+g+h+i+j+k+l > 2*chains {
		return 0
	}
	return int64(rounds) * chains
}

const (
	peakRounds = 10_000               // of one call, some ten microseconds: assembly cannot be preempted
	peakSlice  = 5 * time.Millisecond // a measurement
	peakSlices = 10
)

// PeakRate is how many multiply-adds a second the set computes in registers on so many
// threads at once: the best of some short measurements. Nothing that it computes
// otherwise can be faster.
func (s *Set) PeakRate(threads int) float64 {
	rates := make([]float64, threads)
	best := 0.0
	for range peakSlices {
		var group sync.WaitGroup
		for i := range rates {
			group.Go(func() { rates[i] = s.peakSlice() })
		}
		group.Wait()
		sum := 0.0
		for _, rate := range rates {
			sum += rate
		}
		best = max(best, sum)
	}
	return best
}

// peakSlice measures for a short time.
func (s *Set) peakSlice() float64 {
	start, count := time.Now(), int64(0)
	for {
		count += s.Peak(peakRounds)
		if took := time.Since(start); took >= peakSlice {
			return float64(count) / took.Seconds()
		}
	}
}
