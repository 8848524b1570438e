package kernel

// depthwise is the plain Depthwise, for planes of any number of lanes: taps outside and channels inside, so that
// the inner loop has no branch and no bounds check.
func (d *DepthwiseArgs) depthwise(lanes, channels int) {
	for r := range d.Rows {
		for p := range d.Pixels {
			out := d.Dst[r*d.DstPitch+p*d.DstStep:][:channels]
			copy(out, d.Bias[:channels])
			for t, at := range d.Taps {
				xs := d.X[r*d.XPitch+p*d.XStep+at:][:channels]
				ws := d.Weights[t*lanes:][:channels]
				for c, v := range xs {
					out[c] += v * ws[c]
				}
			}
			clamp(out, d.Lo, d.Hi)
		}
	}
}

// planeLanes is the portable set's Lanes.
const planeLanes = 16

func portableDepthwise(d *DepthwiseArgs) { d.depthwise(planeLanes, d.Channels) }
