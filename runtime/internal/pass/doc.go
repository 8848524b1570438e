// Package pass rewrites a typed graph into an equal one with fewer, larger
// nodes. Passes are portable: none knows a machine or a memory layout.
package pass
