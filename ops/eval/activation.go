package eval

func hardSigmoid(r *run) error {
	alpha, beta := float64(r.Attrs.Float("alpha", 0)), float64(r.Attrs.Float("beta", 0))
	return unary{float: func(x float64) float64 { return clamp(float64(alpha*x) + beta) }}.run(r)
}
