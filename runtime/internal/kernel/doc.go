// Package kernel has the planned engine's arithmetic: a table of primitives
// that a machine may have faster, and the loops around them, which are the
// same everywhere. All data is float32 so far (see Set.Types); pictures lie channels
// last.
package kernel
