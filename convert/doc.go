// Package convert holds MixNets, and the networks that MixNet is compared
// with, as data and lowers them to ONNX: block strings in the notations of the
// official code and of timm, the geometry that follows from them, the
// parameters by role, and the graph that a network with its weights becomes.
// Where the weights come from is the business of its subpackages.
package convert
