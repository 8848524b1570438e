package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// chains is how many products peak adds to side by side: more than any processor so far
// has under way at once, and no more than AVX2 has registers for.
const chains = 12

// peak writes multiply-adds of registers alone.
func (s isa) peak() {
	TEXT("peak"+s.name, NOSPLIT, "func(rounds int)")
	Doc(fmt.Sprintf("peak%s computes x = x·½ + 1 in %d vectors side by side, rounds times, at least once.", s.name, chains))
	rounds, half, one := s.gp("rounds"), s.constant(0.5), s.constant(1)
	var sums [chains]VecVirtual
	for i := range sums {
		sums[i] = s.vector()
		VMOVAPS(one, sums[i])
	}
	loop("round")
	for _, sum := range sums {
		VFMADD213PS(one, half, sum)
	}
	DECQ(rounds)
	JNE(LabelRef("round"))
	s.ret()
}
