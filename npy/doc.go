// Package npy reads and writes NumPy's .npy files and .npz archives.
//
// Every claim that a file makes (its header's length, its type, its shape) is
// checked against the bytes that are there before the data is read. The
// format is NEP 1, https://numpy.org/neps/nep-0001-npy-format.html, versions
// 1.0 to 3.0. Objects (pickles), structures and text are not read. bfloat16,
// for which NumPy has no type, is what ml_dtypes makes of it: '<V2'.
package npy
