// Package torch reads weights that PyTorch trained, without Python: state_dicts
// in .pth files, .safetensors files (in one piece or sharded), .npz archives
// and folders of .npy files.
//
// Read gives the tensors as the file has them, with their element types and
// PyTorch's names. No code in a file is run: see package
// convert/torch/internal/pickle.
package torch
