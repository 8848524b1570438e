// Package sstable reads LevelDB's sorted tables as TensorFlow writes them: the
// .index file of a checkpoint. Nothing in such a file goes unread: its blocks
// must tile it, every block's CRC-32C is verified, and the footer, which has no
// checksum, has exactly one valid spelling for given blocks. So any flipped bit
// is an error.
//
// The format is LevelDB's doc/table_format.md; TensorFlow has its own copy of
// the code in tensorflow/core/lib/io.
package sstable
