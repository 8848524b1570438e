// Package rest is the protocol over HTTP: paths, JSON, binary tensors and compression.
package rest
