// Command asm writes the amd64 kernels. It is a module of its own, so that the
// generator's dependency never reaches the program.
//
// Run from the folder above:
//
//	go generate ./...
package main
