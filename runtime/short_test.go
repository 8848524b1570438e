package runtime

import "testing"

// sameEverywhere skips a test under -test.short, as on an emulated processor: it takes
// long, and what it tests is the same for every instruction set.
func sameEverywhere(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long and is the same for every instruction set")
	}
}
