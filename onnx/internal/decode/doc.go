// Package decode makes protobuf messages of bytes. The bytes are scanned first, by
// package wirescan, so that an error has its offset and nothing large is allocated for
// a small bad file. Nodes are sorted afterwards, as runtimes do it.
//
// It decides whether bytes are a model at all, and says what else they are. Whether the
// model is valid is the checker's matter.
package decode
