package kernel

import "testing"

// TestPeak: what Peak returns is in proportion to the rounds, and a rate comes of it.
func TestPeak(t *testing.T) {
	for _, s := range Sets {
		one := s.Peak(1)
		if one < 1 || s.Peak(7) != 7*one {
			t.Errorf("%s: %d multiply-adds in a round, %d in seven", s.Name, one, s.Peak(7))
		}
		if testing.Short() {
			continue // an emulated processor takes minutes for the clock's 50 milliseconds
		}
		if rate := s.PeakRate(2); !(rate > 1e6) {
			t.Errorf("%s: %g multiply-adds a second", s.Name, rate)
		}
	}
}

// BenchmarkPeak has the rate of each set.
func BenchmarkPeak(b *testing.B) {
	eachSet(b, func(b *testing.B, s *Set) {
		for b.Loop() {
			b.ReportMetric(2e-9*s.PeakRate(1), "GFLOP/s")
		}
	})
}
