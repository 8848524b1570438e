//go:build !unix

package regular

// nonblock is for systems on which opening a name in a folder does not wait.
const nonblock = 0
