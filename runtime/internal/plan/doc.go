// Package plan turns a typed graph with known shapes into steps: kernels
// chosen, weights packed, memory laid out. A Plan is immutable; each run at a
// time has a State of its own.
package plan
