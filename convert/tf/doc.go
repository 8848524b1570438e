// Package tf reads MixNets that TensorFlow trained: checkpoints of version 2,
// the variables of a SavedModel, and frozen graphs. Load finds out which
// network it is, or checks that it is the one named, and returns its weights
// by role.
package tf
