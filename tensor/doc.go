// Package tensor holds what every other package agrees on: element types,
// shapes, data, and the one overflow-checked size function.
package tensor
