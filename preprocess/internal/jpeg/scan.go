package jpeg

import "slices"

// scanComponent is a component's part in a scan.
type scanComponent struct {
	*component
	dc, ac    *huffman
	predicted int32 // the last block's DC
}

// scan is one pass over the blocks of some components.
type scan struct {
	bitReader
	components  []scanComponent
	progressive bool
	// The coefficients that it brings, in zigzag order, and the bits of them:
	// all above high were there before, all above low are after.
	from, to  int
	high, low uint
	eobRun    int32 // blocks to come without new coefficients
}

// scan reads SOS and the entropy-coded data after it.
func (d *decoder) scan(offset int, s []byte) error {
	if d.scans++; d.scans > maxScans {
		return d.format(offset, "SOS", "more than the %d scans allowed", maxScans)
	}
	sc, err := d.scanHeader(offset, s)
	if err != nil {
		return err
	}
	sc.bitReader = bitReader{data: d.data, pos: d.pos}
	decode := sc.decoder()
	if len(sc.components) == 1 {
		err = d.single(sc, decode)
	} else {
		err = d.interleaved(sc, decode)
	}
	d.pos = sc.pos
	return err
}

// scanHeader reads SOS.
func (d *decoder) scanHeader(offset int, s []byte) (*scan, error) {
	if d.components == nil {
		return nil, d.format(offset, "SOS", "before SOF")
	}
	if len(s) < 1 || s[0] < 1 || int(s[0]) > len(d.components) || len(s) != 4+2*int(s[0]) {
		return nil, d.format(offset, "SOS", "%d bytes, allowed 4 and 2 for each of 1…%d components", len(s), len(d.components))
	}
	n := int(s[0])
	sc := &scan{progressive: d.progressive, to: 63}
	if d.progressive {
		spec := s[1+2*n:]
		sc.from, sc.to, sc.high, sc.low = int(spec[0]), int(spec[1]), uint(spec[2]>>4), uint(spec[2]&15)
		if sc.to > 63 || sc.from > sc.to || sc.from == 0 && sc.to > 0 || sc.from > 0 && n > 1 {
			return nil, d.format(offset+1+2*n, "SOS", "coefficients %d…%d of %d components, allowed 0…0, or within 1…63 of one", sc.from, sc.to, n)
		}
		if sc.low > 13 || sc.high > 0 && sc.high != sc.low+1 {
			return nil, d.format(offset+3+2*n, "SOS", "bits from %d to %d, allowed 0…13, one at a time after the first scan", sc.high, sc.low)
		}
	}
	blocks := 0
	for i := range n {
		c, err := d.scanComponent(offset+1+2*i, s[1+2*i:], sc)
		if err != nil {
			return nil, err
		}
		sc.components = append(sc.components, c)
		blocks += c.h * c.v
	}
	if n > 1 && blocks > 10 {
		return nil, d.format(offset, "SOS", "%d blocks in an MCU, allowed 10", blocks)
	}
	return sc, nil
}

// scanComponent finds a component and its tables, and notes what the scan
// brings of it. Of several components with the same number, which some cameras
// write, a scan has the first that it does not have yet, as in libjpeg-turbo.
func (d *decoder) scanComponent(offset int, spec []byte, sc *scan) (scanComponent, error) {
	var c scanComponent
	for i := range d.components {
		one := &d.components[i]
		if one.id == int(spec[0]) && !slices.ContainsFunc(sc.components, func(other scanComponent) bool { return other.component == one }) {
			c.component = one
			break
		}
	}
	if c.component == nil {
		return c, d.format(offset, "SOS", "component %d, which SOF does not have, or not as often", spec[0])
	}
	if spec[1]>>4 > 3 || spec[1]&15 > 3 {
		return c, d.format(offset+1, "SOS", "tables %d and %d, allowed 0…3", spec[1]>>4, spec[1]&15)
	}
	if c.quant == nil {
		if c.quant = d.quant[c.table]; c.quant == nil {
			return c, d.format(offset, "SOS", "component %d needs quantization table %d, which is missing", c.id, c.table)
		}
	}
	c.dc, c.ac = d.dc[spec[1]>>4], d.ac[spec[1]&15]
	if c.dc == nil && !d.progressive {
		c.dc = standardDC(spec[1] >> 4)
	}
	if c.ac == nil && !d.progressive {
		c.ac = standardAC(spec[1] & 15)
	}
	if sc.from == 0 && sc.high == 0 && c.dc == nil || sc.to > 0 && c.ac == nil {
		return c, d.format(offset+1, "SOS", "component %d needs a Huffman table that is missing", c.id)
	}
	for k := sc.from; k <= sc.to; k++ {
		if was := c.bits[k]; was >= 0 != (sc.high > 0) || was >= 0 && was != int8(sc.high) || k > 0 && c.bits[0] < 0 && d.progressive {
			return c, d.format(offset, "SOS", "coefficient %d of component %d is not due in this scan", k, c.id)
		}
		c.bits[k] = int8(sc.low)
	}
	return c, nil
}

// single decodes a scan of one component: its blocks row by row, without those
// that only fill up an MCU.
func (d *decoder) single(sc *scan, decode func(*scanComponent, *block) bool) error {
	c := &sc.components[0]
	for y := range c.blocksY {
		for x := range c.blocksX {
			if err := d.restartAt(sc, y*c.blocksX+x); err != nil {
				return err
			}
			if !decode(c, &c.coefficients[y*c.stride+x]) || sc.short() {
				return d.badBlock(sc, c, x, y)
			}
		}
	}
	return nil
}

// interleaved decodes a scan of several components, MCU by MCU.
func (d *decoder) interleaved(sc *scan, decode func(*scanComponent, *block) bool) error {
	for my := range d.mcusY {
		for mx := range d.mcusX {
			if err := d.restartAt(sc, my*d.mcusX+mx); err != nil {
				return err
			}
			for i := range sc.components {
				c := &sc.components[i]
				for b := range c.h * c.v {
					x, y := mx*c.h+b%c.h, my*c.v+b/c.h
					if !decode(c, &c.coefficients[y*c.stride+x]) || sc.short() {
						return d.badBlock(sc, c, x, y)
					}
				}
			}
		}
	}
	return nil
}

// restartAt reads the restart marker that is due before MCU number mcu.
func (d *decoder) restartAt(sc *scan, mcu int) error {
	if d.restart == 0 || mcu == 0 || mcu%d.restart != 0 {
		return nil
	}
	if number := mcu/d.restart - 1; !sc.bitReader.restart(number) {
		return d.format(sc.pos, "scan", "restart marker %d is missing", number&7)
	}
	sc.eobRun = 0
	for i := range sc.components {
		sc.components[i].predicted = 0
	}
	return nil
}

func (d *decoder) badBlock(sc *scan, c *scanComponent, x, y int) error {
	what := "a code that is not in the table, or a coefficient out of place"
	if sc.short() {
		what = "the data ends"
	}
	return d.format(sc.pos, "scan", "component %d block %d,%d: %s", c.id, x, y, what)
}
