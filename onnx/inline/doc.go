// Package inline replaces calls of model-local functions by the functions' bodies. It
// decides what the values and nodes of a body are called, and how much a model may
// unfold to; what a function means is the file's own matter.
//
// inline.go begins and goes over nodes and calls, attribute.go over attributes and the
// graphs in them. budget.go counts before anything is built, functions.go finds the
// functions that go or stay and what they import, names.go hands out new names.
package inline
