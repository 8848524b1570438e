package kernel

import (
	"math"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// odd is an odd function that ends in ±bound: x·P(x²) / Q(x²) for |x| ≤ most,
// where it has reached the bound, that far and no further beyond. P and Q are
// fitted with the least largest relative error, some 3·10⁻⁸, to the function
// made larger by 5·10⁻⁷·(x/most)¹⁰: so the bound is reached whatever the
// rounding.
type odd struct {
	most, bound float32
	p           [6]float32
	q           [5]float32 // of x², x⁴ …; the constant is 1
}

func (o *odd) at(x float32) float32 {
	x = max(-o.most, min(o.most, x))
	z := x * x
	p := o.p[5]
	for i := 4; i >= 0; i-- {
		p = p*z + o.p[i]
	}
	q := o.q[4]
	for i := 3; i >= 0; i-- {
		q = q*z + o.q[i]
	}
	return max(-o.bound, min(o.bound, x*p/(q*z+1)))
}

var erf = odd{most: 4, bound: 1,
	p: [6]float32{1.1283791065216064, 0.19345948100090027, 0.053095199167728424, 0.003880515228956938, 0.0002846916613634676, 1.9907790829165606e-06},
	q: [5]float32{0.5047815442085266, 0.11531888693571091, 0.015202016569674015, 0.0011851844610646367, 3.746504808077589e-05}}

// odds has tanh and erf, and of the two forms of gelu what x is multiplied by,
// less a half.
var odds = [...]*odd{
	act.Erf: &erf,
	act.Tanh: {most: 9, bound: 1,
		p: [6]float32{1, 0.1413152664899826, 0.004469454754143953, 4.3435786210466176e-05, 1.1843701486213831e-07, 4.212111562318377e-11},
		q: [5]float32{0.4746485948562622, 0.029352320358157158, 0.0005093167419545352, 2.715588607316022e-06, 3.2402394101183063e-09}},
	act.Gelu: erf.squeezed(math.Sqrt2, 0.5),
	act.GeluTanh: {most: 5.2, bound: 0.5,
		p: [6]float32{0.3989422917366028, 0.030718306079506874, 0.0036442317068576813, 0.00013566935376729816, 6.992715952947037e-06, 2.3374374436002654e-08},
		q: [5]float32{0.24449127912521362, 0.024512527510523796, 0.0013106144033372402, 7.608144369442016e-05, 1.2914111948703066e-06}},
}

// squeezed is the function x → height·o(x/width).
func (o odd) squeezed(width, height float64) *odd {
	s := odd{most: float32(float64(o.most) * width), bound: float32(float64(o.bound) * height)}
	for i, c := range o.p {
		s.p[i] = float32(float64(c) * height * math.Pow(width, float64(-1-2*i)))
	}
	for i, c := range o.q {
		s.q[i] = float32(float64(c) * math.Pow(width, float64(-2-2*i)))
	}
	return &s
}
