// Package cut copies the bytes of a model without the elements of its large
// initializers, and says where in the file these are. Weights are most of a model: so
// they are neither scanned nor decoded, and can stay in the file.
//
// It decides nothing about the bytes but where a field ends; what it copies is scanned
// afterwards. cut.go follows the fields, window.go reads the file piece by piece.
package cut
