package runtime

import "github.com/mixconv/mixconv/runtime/internal/kernel"

// InstructionSet names the kernels that the planned engine runs with on this
// machine, such as "avx2", or "portable" for those in plain Go.
func InstructionSet() string {
	set, err := kernel.Best()
	if err != nil {
		return "unknown: " + err.Error()
	}
	return set.Name
}
