// Package safetensors reads .safetensors files: eight bytes with the length of
// a JSON header, the header, and the tensors' bytes one after another without
// gaps. The format is described in the README of the safetensors project;
// where its own reader is lenient (a tensor's name twice, any rank) this one is
// not.
package safetensors
