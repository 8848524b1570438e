// Package jpeg decodes JPEG pictures bit for bit as libjpeg-turbo does, which
// Pillow and TensorFlow call: its inverse DCTs, triangle ("fancy") upsampling
// of the chroma, and its tables from YCbCr to RGB. The standard library's
// image/jpeg rounds its inverse DCT elsewhere and repeats chroma samples.
//
// It reads what ITU-T T.81 calls baseline, extended sequential and progressive
// DCT with Huffman coding and 8 bits a sample. Where libjpeg guesses what a
// broken file meant, this package returns an error.
package jpeg
