// Package eval computes every operator of package ops with plain loops: the
// reference that faster engines are compared with. Sums accumulate in float64
// and every result is rounded once, to the output's element type.
package eval
