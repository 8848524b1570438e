// Package limit holds the bounds that stand between a small bad file and a
// large amount of memory or time, in one struct.
package limit
