// Package pth reads the files that torch.save writes: the zip archives of
// PyTorch 1.6 and later, and the pickles before them. The format is that of
// torch/serialization.py.
//
// Open reads the pickle and checks every tensor in it against its storage;
// elements are read by Load, of the tensors that are wanted.
package pth
