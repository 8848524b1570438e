// Package guard has what keeps a server alive whoever calls it: bounds on the memory and
// the connections of all callers together, and who may call at all.
package guard
