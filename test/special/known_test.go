package special

import "github.com/mixconv/mixconv/tensor"

// undefined reports whether neither ONNX nor IEEE 754 says what comes out, or ONNX
// Runtime has a fault there: then both engines must agree, and that is all.
func (c call) undefined() bool {
	why, ok := known[c.line.op]
	if half := c.dtype == tensor.Float16 || c.dtype == tensor.BFloat16; half && c.line.op == "Sign" {
		return true // ONNX Runtime has 0 for NaN, but not in float32
	}
	return ok && (why.floats && isFloat(c.dtype) || why.ints && !isFloat(c.dtype))
}

// exemption is a reason why ONNX Runtime's results do not bind, for element types
// that are floats, or integers.
type exemption struct {
	floats, ints bool
	reason       string
}

const lostNaN = "ONNX Runtime compares, and a NaN is lost or kept by where it stands; here it is kept, as PyTorch keeps it"

var known = map[string]exemption{
	"Cast":                  {true, false, "a float that the integer type does not hold: here the nearest that it holds, and 0 for NaN"},
	"CastLike":              {true, false, "as Cast"},
	"DynamicQuantizeLinear": {true, false, "a range that is infinite or no number"},
	"GlobalMaxPool":         {true, false, lostNaN},
	"Hardmax":               {true, false, lostNaN},
	"MaxPool":               {true, false, lostNaN},
	"ReduceMax":             {true, false, lostNaN},
	"ReduceMin":             {true, false, lostNaN},
	"TopK":                  {true, false, "the place of NaN among numbers"},
	"Unique":                {true, false, "ONNX Runtime's set of floats takes NaN for equal to what it meets"},
	"LogSoftmax":            {true, false, "rows with +∞: ONNX Runtime's float64 and float32 differ"},
	"Pow":                   {false, true, "negative powers of integers, and powers that the type does not hold"},
	"ReduceL1":              {false, true, "sums that the type does not hold: here they wrap around"},
	"ReduceLogSum":          {false, true, "logarithms of integers below 1"},
	"ReduceLogSumExp":       {false, true, "powers of e that the type does not hold"},
	"ReduceMean":            {false, true, "sums that the type does not hold"},
	"ReduceProd":            {false, true, "products that the type does not hold: here they wrap around"},
	"ReduceSum":             {false, true, "sums that the type does not hold: here they wrap around"},
	"ReduceSumSquare":       {false, true, "sums that the type does not hold: here they wrap around"},
	"Shrink":                {true, true, "ONNX Runtime computes integers and float64 in float32"},
}

// zeroSign are the operators of which nobody says what sign a zero has, and why
// ours differs.
var zeroSign = map[string]string{
	"Celu":            "ONNX Runtime computes α(e^(x/α) - 1) and has +0 for -0",
	"Selu":            "as Celu",
	"CumSum":          "the sum begins with +0",
	"LpNormalization": "ONNX Runtime writes +0 where the norm is 0",
	"Max":             "of +0 and -0 either",
	"Min":             "of +0 and -0 either",
	"Where":           "ONNX Runtime adds the two choices, one of them zero, and loses -0",
}

// absolute is what results may be off by beside their relative error.
var absolute = map[string]float64{
	"BatchNormalization": 1e-6,  // 1 less almost 1
	"Gelu":               1e-6,  // a half less almost a half; see the kernel
	"Swish":              1e-36, // a factor that would be subnormal is 0
}

// notThere are the operators that ONNX Runtime does not run, for any element type:
// the two engines are compared, and that is all.
var notThere = map[string]string{}
