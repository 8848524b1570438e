// Package graphdef reads TensorFlow's GraphDef: nodes by name, the few
// attributes that say what a convolution or a batch norm does, and constants.
// Nothing of a graph is ever executed; functions and devices are skipped.
//
// Field numbers are those of tensorflow/core/framework/{graph, node_def,
// attr_value, tensor}.proto.
package graphdef
