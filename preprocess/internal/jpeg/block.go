package jpeg

// The coding of one block in each kind of scan, T.81 annexes F.2 and G.2. All
// return false if the data is not a block.

// decoder returns how the scan's blocks are coded.
func (s *scan) decoder() func(*scanComponent, *block) bool {
	switch {
	case !s.progressive:
		return s.sequential
	case s.from == 0 && s.high == 0:
		return s.firstDC
	case s.from == 0:
		return s.refineDC
	case s.high == 0:
		return s.firstAC
	}
	return s.refineAC
}

// sequential reads all coefficients.
func (s *scan) sequential(c *scanComponent, b *block) bool {
	if !s.firstDC(c, b) {
		return false
	}
	for k := 1; k < 64; k++ {
		symbol := s.symbol(c.ac)
		if symbol < 0 {
			return false
		}
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run < 15 {
				return true
			}
			k += 15
			continue
		}
		if k += run; k > 63 {
			return false
		}
		b[zigzag[k]] = int16(s.extended(size))
	}
	return true
}

// firstDC reads the DC coefficient as a difference.
func (s *scan) firstDC(c *scanComponent, b *block) bool {
	size := s.symbol(c.dc)
	if size < 0 || size > 15 {
		return false
	}
	c.predicted += s.extended(size)
	b[0] = int16(c.predicted << s.low)
	return true
}

// refineDC reads one more bit of the DC coefficient.
func (s *scan) refineDC(_ *scanComponent, b *block) bool {
	b[0] |= int16(s.bits(1) << s.low)
	return true
}

// firstAC reads the upper bits of a band of coefficients.
func (s *scan) firstAC(c *scanComponent, b *block) bool {
	if s.eobRun > 0 {
		s.eobRun--
		return true
	}
	for k := s.from; k <= s.to; k++ {
		symbol := s.symbol(c.ac)
		if symbol < 0 {
			return false
		}
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run < 15 {
				s.eobRun = 1<<run + s.bits(run) - 1
				return true
			}
			k += 15
			continue
		}
		if k += run; k > s.to {
			return false
		}
		b[zigzag[k]] = int16(s.extended(size) << s.low)
	}
	return true
}

// refineAC reads one more bit of each coefficient of a band that is not zero,
// and those that this bit makes different from zero.
func (s *scan) refineAC(c *scanComponent, b *block) bool {
	k := s.from
	for ; s.eobRun == 0 && k <= s.to; k++ {
		symbol := s.symbol(c.ac)
		if symbol < 0 || symbol&15 > 1 {
			return false
		}
		run, fresh := symbol>>4, int16(0)
		if symbol&15 == 1 {
			fresh = int16(-1) << s.low
			if s.bits(1) == 1 {
				fresh = 1 << s.low
			}
		} else if run < 15 {
			s.eobRun = 1<<run + s.bits(run)
			break
		}
		if k = s.refine(b, k, run); fresh != 0 {
			if k > s.to {
				return false
			}
			b[zigzag[k]] = fresh
		}
	}
	if s.eobRun > 0 {
		s.refine(b, k, 64)
		s.eobRun--
	}
	return true
}

// refine reads a bit for each coefficient from k on that is not zero, until it
// has passed zeros of them that are and stands on another. It returns where.
func (s *scan) refine(b *block, k, zeros int) int {
	bit := int16(1) << s.low
	for ; k <= s.to; k++ {
		v := &b[zigzag[k]]
		switch {
		case *v == 0:
			if zeros == 0 {
				return k
			}
			zeros--
		case s.bits(1) == 0 || *v&bit != 0:
		case *v > 0:
			*v += bit
		default:
			*v -= bit
		}
	}
	return k
}
