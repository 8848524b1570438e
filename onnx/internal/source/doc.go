// Package source opens what a model is read from: a file on disk or in an fs.FS, and
// the files beside it with external data. It knows nothing of ONNX. It decides what may
// be opened at all: regular files only, and nothing outside of the model's folder.
//
// file.go opens the model and reads it; held.go reads on, for weights that are left in
// the file, through what hold_*.go has on each system. folder.go opens the files beside it,
// beneath_*.go without leaving the folder, on each system. buffer_*.go has memory for
// bytes that are decoded and dropped.
package source
