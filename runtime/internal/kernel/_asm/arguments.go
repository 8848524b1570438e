package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The structs that functions with many arguments take a pointer to. The package that is
// written for declares them, too, and does not compile if they differ.
var (
	gemmCode = []string{"dst *float32", "dstStride int", "a *float32", "aStride int", "m int", "lines int", "gap int", "pieces *int", "last *int",
		"k int", "count int", "run int", "panel *float32", "first *float32", "total *float32", "n int", "ahead int", "pace int", "lo float32", "hi float32"}
	depthwiseCode = []string{"dst *float32", "dstStep int", "dstPitch int", "x *float32", "xPitch int", "line int", "lines int", "w *float32", "bias *float32",
		"taps *int", "ntaps int", "rows int", "pixels int", "vectors int", "lo float32", "hi float32"}
)

// takes is the type of a function of a struct with these fields.
func takes(fields []string) string { return "func(args *struct{" + strings.Join(fields, "; ") + "})" }

// copied makes param find the fields of the struct. They are copied to the stack, where
// instructions reach them as they reach parameters, and may change them.
func (s isa) copied(fields []string) isa {
	s.fields = map[string]Mem{}
	args := Dereference(Param("args"))
	for _, field := range fields {
		name, kind, _ := strings.Cut(field, " ")
		from, err := args.Field(name).Resolve()
		if err != nil {
			panic(err)
		}
		to, word := AllocLocal(8), GP64()
		if kind == "float32" {
			MOVL(from.Addr, word.As32())
			MOVL(word.As32(), to)
		} else {
			MOVQ(from.Addr, word)
			MOVQ(word, to)
		}
		s.fields[name] = to
	}
	return s
}

// param is the place of a parameter, or of a field if the function takes a struct.
func (s isa) param(name string) Mem {
	if s.fields != nil {
		m, ok := s.fields[name]
		if !ok {
			panic("no field " + name)
		}
		return m
	}
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// gp loads a parameter.
func (s isa) gp(name string) GPVirtual {
	r := GP64()
	MOVQ(s.param(name), r)
	return r
}

// float loads a parameter into every lane.
func (s isa) float(name string) VecVirtual {
	v := s.vector()
	VBROADCASTSS(s.param(name), v)
	return v
}

// advance moves a pointer by a parameter's number of floats.
func (s isa) advance(p GPVirtual, by string) {
	LEAQ(Mem{Base: p, Index: s.gp(by), Scale: 4}, p)
}
