// Package playground shows what a model makes of one picture, for the page that
// `mixconv serve` has at / and for the same page with the engine compiled to WebAssembly:
// the classes, the steps of preprocessing as pictures, the two forms of mixed depthwise
// convolutions (MDConv) against each other, and what the kernel sizes of each respond to.
//
// model.go opens a model, picture.go runs it on a picture, branches.go finds the mixed
// convolutions, images.go draws tensors as PNG. assets has the page.
package playground
