package oip

import "time"

// Duration is how often something was done, and how long all of it took.
type Duration struct {
	Count uint64 `json:"count"`
	NS    uint64 `json:"ns"`
}

// Add counts it once more.
func (d *Duration) Add(took time.Duration) {
	d.Count++
	d.NS += uint64(max(took, 0))
}

// Statistics are those of one version of a model since it was loaded.
type Statistics struct {
	Last       time.Time // the last request; zero: none
	Inferences uint64    // rows that were answered
	Executions uint64    // runs

	Success, Fail, Queue, ComputeInput, ComputeInfer, ComputeOutput Duration

	Batches []BatchStatistics // by size
}

// BatchStatistics are those of the runs of so many rows.
type BatchStatistics struct {
	Size                                      int
	ComputeInput, ComputeInfer, ComputeOutput Duration
}
