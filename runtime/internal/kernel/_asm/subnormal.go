package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Subnormal numbers, below 2^-126, cost some processors a hundred cycles an
// instruction. So functions that compute have the processor take them for zeros:
// operands (denormals are zero) and results (flush to zero). Functions that only
// move, compare or round values must not: DAZ applies to VMAXPS, too. Nor must the
// quotient: a divisor that becomes zero changes more than the smallest digits.
//
// The mode is a register of the thread, MXCSR, and Go knows nothing of it. It must
// not be seen by Go code: so each function sets it and puts back what was there. In
// between there is no call, and Go does not switch goroutines within assembly.

// flushMode is MXCSR with flush to zero (bit 15), denormals are zero (bit 6), and
// otherwise as Go has it: exceptions masked, rounding to nearest.
const flushModeBits = 1<<15 | 1<<6 | 0x1f80

var flushMode Mem

func defineFlushMode() {
	flushMode = GLOBL("flushMode", RODATA|NOPTR)
	DATA(0, U32(flushModeBits))
}

// flushing begins the part of a function that flushes subnormal numbers; the
// function must end with ret of what it returns.
func (s isa) flushing() isa {
	mode := AllocLocal(8)
	s.mode = &mode
	VSTMXCSR(mode)
	VLDMXCSR(flushMode)
	return s
}

// ret ends a function.
func (s isa) ret() {
	if s.mode != nil {
		VLDMXCSR(*s.mode)
	}
	VZEROUPPER()
	RET()
}
