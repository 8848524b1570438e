package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	defineLanesTable()
	defineFlushMode()
	for _, s := range []isa{avx2, avx512} {
		s.gemm(1)
		s.gemm(2)
		s.product()
		s.depthwise()
		s.depthwiseLines()
		s.activations()
		s.elementwise()
		s.mean()
		s.peak()
	}
	Generate()
}
