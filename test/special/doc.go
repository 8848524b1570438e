// Package special runs every operator on numbers at the ends of its element types:
// NaN, infinities, the largest and the smallest floats, zeros of both signs, and
// integers at which arithmetic wraps around. ONNX Runtime says what comes out.
package special
