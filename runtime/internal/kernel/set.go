package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/tensor"
)

// Set is one machine's primitives. Every row of Sets has the same meaning, to
// rounding, as the portable one, and is tested against it.
//
// Subnormal numbers, those below 2^-126, are slow on some processors. Plain Go
// computes with them as IEEE 754 says. The generated code of Gemm, Product, Depthwise,
// Add, Sub, Mul and Sum, and of an Activate that is more than a clamp or Round, takes
// operands and results that are subnormal for zeros. Max, Div and what only moves values
// keep them.
type Set struct {
	Name string
	// Types are the element types that the set computes with. Passes turn quantised
	// values into float32 where 8 bits are not among them.
	Types []tensor.DType

	// Panel is the number of output channels that Gemm computes at once, Rows
	// a number of rows that suits it.
	Panel, Rows int
	// Gemm computes a product with one panel; GemmArgs says of what.
	Gemm func(*GemmArgs)
	// Product is Gemm for one row over as many whole panels as it likes of those
	// that fill dst: it returns how many elements of dst it computed.
	Product func(dst, a, panels, bias []float32, lo, hi float32) int
	// Lanes is the number of floats of a pixel of the planes that Depthwise
	// reads, Vector how many of them it computes together.
	Lanes, Vector int
	// Depthwise computes rows of pixels that have the same taps; DepthwiseArgs says of what.
	Depthwise func(*DepthwiseArgs)
	// Activate computes dst[r·dstStep+i] = f(src[r·srcStep+i]) for r < rows and
	// i < n. The two may be the same place.
	Activate func(dst []float32, dstStep int, src []float32, srcStep, rows, n int, f act.Func)
	// Add computes dst[r·dstStep+i] = a[r·aStep+i] + b[r·bStep+i] for r < rows and
	// i < n, Sub the difference, Mul the product, Div the quotient, Max the greater,
	// or NaN if one is. dst may be the same place as a or b.
	Add, Sub, Mul, Div, Max func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int)
	// Sum computes dst[c] = Σ_p x[p·step+c] over p < pixels for every c of dst:
	// 16 pixels in float32, and these sums in float64. All sets give the same
	// bits, but where subnormal numbers arise.
	Sum func(dst []float64, x []float32, step, pixels int)
	// Peak computes x = x·½ + 1 in registers, as many numbers side by side as keep the
	// processor busy, rounds times, at least once. It returns how many multiply-adds
	// these were. PeakRate measures with it.
	Peak func(rounds int) int64
}

// Computes reports whether the set has kernels for an element type.
func (s *Set) Computes(d tensor.DType) bool { return slices.Contains(s.Types, d) }

// Piece is where a run of factors begins, in each row of the one side and, in
// products, of the packed other; both ascend.
type Piece struct{ A, W int }

// Portable is plain Go, the reference of every other row.
var Portable = Set{Name: "portable", Types: []tensor.DType{tensor.Float32}, Panel: panel, Rows: 2, Gemm: gemm, Product: product, Lanes: planeLanes, Vector: 1, Depthwise: portableDepthwise,
	Activate: activate, Add: addRows, Sub: subRows, Mul: mulRows, Div: divRows, Max: maxRows, Sum: sum, Peak: peak}

// Sets lists what this machine can run, slowest first.
var Sets = append([]*Set{&Portable}, machineSets()...)

// vectors is an instruction set as far as plans depend on it: how many floats a
// vector has, and how many rows a tile of Gemm.
type vectors struct {
	name        string
	lanes, rows int
}

var avx2Vectors, avx512Vectors = vectors{"avx2", 8, 6}, vectors{"avx512", 16, 12}

// plain is the portable Set with panels and vectors as wide as these: models are
// planned as for the instruction set, and run anywhere.
func (v vectors) plain() *Set {
	s := Portable
	s.Name, s.Panel, s.Rows, s.Lanes, s.Vector = v.name, 2*v.lanes, v.rows, 2*v.lanes, v.lanes
	s.Gemm, s.Depthwise = wideGemm(s.Panel), wideDepthwise(s.Lanes, s.Vector)
	return &s
}

// Plain lists the sets of all machines in plain Go, by the names that plans have
// them under.
var Plain = []*Set{&Portable, avx2Vectors.plain(), avx512Vectors.plain()}

// Best is the fastest set of this machine, or the one that the environment variable
// MIXCONV_KERNELS names, for comparisons: one of the machine's, or plain Go with the
// widths of another, as plain-avx512.
var Best = sync.OnceValues(func() (*Set, error) { return chosen(os.Getenv("MIXCONV_KERNELS")) })

// chosen is the set that a value of MIXCONV_KERNELS means.
func chosen(value string) (*Set, error) {
	if value == "" {
		return Sets[len(Sets)-1], nil
	}
	byName := map[string]*Set{}
	var names []string
	for prefix, list := range map[string][]*Set{"": Sets, "plain-": Plain} {
		for _, s := range list {
			byName[prefix+s.Name] = s
			names = append(names, prefix+s.Name)
		}
	}
	if s := byName[value]; s != nil {
		return s, nil
	}
	slices.Sort(names)
	return nil, fmt.Errorf("MIXCONV_KERNELS: this machine has no kernels %q, allowed are %s", value, strings.Join(names, ", "))
}

// Named is the set of the list that has a name.
func Named(list []*Set, name string) (*Set, error) {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	if i := slices.Index(names, name); i >= 0 {
		return list[i], nil
	}
	return nil, fmt.Errorf("kernels %q, allowed are %s", name, strings.Join(names, ", "))
}

// Job is a step bound to memory. Run(task, worker) is called once for every
// task below Tasks, in any order; calls with different worker may run at the
// same time. A result never depends on the order.
type Job struct {
	Tasks int
	Run   func(task, worker int)
}

// All runs every task on the calling goroutine.
func (j Job) All() {
	for task := range j.Tasks {
		j.Run(task, 0)
	}
}
