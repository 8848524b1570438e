// Package testenv finds what tests need from outside the repository, and says
// so when it is not there.
package testenv
