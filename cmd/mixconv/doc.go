// Command mixconv converts MixNets from TensorFlow to ONNX, runs ONNX models,
// and proves that both compute the same.
//
// It exits with 0 if all went well, 1 if a comparison found a difference, 2 on
// wrong usage or bad input, 3 if a reference to compare with is not available
// here, and 130 after an interrupt. Errors are one line on stderr; with --json,
// where nothing else was printed, also an object {"error": "…"} on stdout.
package main
