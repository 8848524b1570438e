// Package dump prints a model as text, for people and for golden files. It decides
// nothing about the model: what is malformed is printed as that.
//
// dump.go goes over the model, text.go prints names, numbers, types and shapes.
package dump
