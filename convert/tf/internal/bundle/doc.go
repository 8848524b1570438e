// Package bundle reads TensorFlow's checkpoints of version 2: an .index file,
// which is an SSTable of one BundleEntryProto per tensor, and data shards that
// hold the tensors' bytes. The format is that of
// tensorflow/core/util/tensor_bundle.
//
// Every byte of every file is under a checksum or must be zero, and all are
// verified, whether a tensor is wanted or not: no flipped bit goes unseen.
package bundle
