// Package oip has what the Open Inference Protocol, version 2, says, whichever wire it
// comes by: a request and its answer, element types, the bytes of tensors, and errors
// with their codes. The text of the protocol is KServe's; the extensions (binary tensors,
// classification, statistics, configuration, repository) are Triton's.
package oip
