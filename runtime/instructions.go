package runtime

import (
	goruntime "runtime"

	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// InstructionSet names the kernels that the planned engine runs with on this
// machine, such as "avx2", or "portable" for those in plain Go.
func InstructionSet() string {
	set, err := kernel.Best()
	if err != nil {
		return "unknown: " + err.Error()
	}
	return set.Name
}

// PeakFLOPS measures how many operations a second so many threads can do with the
// kernels' instruction set: multiply-adds of registers, two operations each. What a run
// does a second is a share of it. It takes some 50 ms on every one of the threads, which
// are no more than processors; 0 if there are no kernels.
func PeakFLOPS(threads int) float64 {
	set, err := kernel.Best()
	if err != nil {
		return 0
	}
	return 2 * set.PeakRate(min(max(threads, 1), goruntime.GOMAXPROCS(0)))
}
