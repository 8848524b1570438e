// Package score classifies pictures in bulk: from folders, archives, lists or any Source
// into a folder of parts, each of which is written whole or not at all.
//
// A run reads its pictures in an order that depends on nothing but the sources, keeps those
// of its shard, and cuts them into parts of the same number of rows. A manifest beside the
// parts has a line for each finished one, with checksums of its bytes and of the keys of
// its pictures. So a run that was killed at any moment and is started again goes on where
// it stopped: it loses no picture and writes none twice.
//
// Reading, decoding and preparing a picture, and running the model on it, are one task of
// one goroutine; there are as many as Options.Threads. Memory holds a few encoded pictures
// and the rows of one part, however many pictures there are.
package score
