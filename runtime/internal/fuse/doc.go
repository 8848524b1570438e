// Package fuse has the passes between the portable ones and the plan. They know what
// the kernels can compute in one step and make one node of it: a node that makes its
// first input itself (graph.Node.Pre) or the means of its result (graph.Node.Means).
// After them every node is lowered by itself; the plan chooses kernels and lays
// memory out.
//
// Shapes are known. Files: table.go has the passes, one a file; conv.go has what they
// and the plan ask of convolutions.
package fuse
