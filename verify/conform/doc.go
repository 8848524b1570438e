// Package conform runs ONNX's backend test cases, as the onnx package carries
// them: a folder a case with model.onnx and data sets of inputs and expected
// outputs. A case passes if both engines compute every output of every data
// set; it is unsupported if the model asks for something that this program
// lacks, which is known before anything is computed. It is contradicted if its
// outputs are not what ONNX Runtime and PyTorch compute, and both engines compute
// what these do.
package conform
