package model

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/schedule"
)

// Stats counts what a model has done.
type Stats struct {
	mu       sync.Mutex
	total    oip.Statistics
	batches  map[int]*oip.BatchStatistics
	refusals uint64
}

func newStats() *Stats { return &Stats{batches: map[int]*oip.BatchStatistics{}} }

func (s *Stats) failed(took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.Fail.Add(took)
	if oip.AsError(err).Code == oip.Exhausted {
		s.refusals++
	}
}

func (s *Stats) refused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.Fail.Add(0)
	s.refusals++
}

// mostSizes bounds how many sizes of batches are told apart: callers choose them.
const mostSizes = 256

func (s *Stats) succeeded(start time.Time, t schedule.Times) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.Last = start
	s.total.Success.Add(time.Since(start))
	s.total.Queue.Add(t.Queue)
	s.total.ComputeInput.Add(t.Input)
	s.total.ComputeInfer.Add(t.Infer)
	s.total.ComputeOutput.Add(t.Output)
	s.total.Inferences += uint64(t.Own)
	if !t.First {
		return
	}
	s.total.Executions++
	b := s.batches[t.Rows]
	if b == nil && len(s.batches) == mostSizes {
		return
	}
	if b == nil {
		b = &oip.BatchStatistics{Size: t.Rows}
		s.batches[t.Rows] = b
	}
	b.ComputeInput.Add(t.Input)
	b.ComputeInfer.Add(t.Infer)
	b.ComputeOutput.Add(t.Output)
}

// Read is what has been counted until now.
func (s *Stats) Read() oip.Statistics {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := s.total
	for _, size := range slices.Sorted(maps.Keys(s.batches)) {
		total.Batches = append(total.Batches, *s.batches[size])
	}
	return total
}

// Refused is how many requests found the queue full.
func (s *Stats) Refused() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusals
}
