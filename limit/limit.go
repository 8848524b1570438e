package limit

// Limits bounds what one file may ask for. A picture model meets none of the
// defaults. The zero value of a field means its default.
type Limits struct {
	FileBytes   int64 // bytes read of one file
	TensorBytes int64 // bytes of one tensor, and of one value during a run
	TotalBytes  int64 // bytes that one model, checkpoint or run may hold in all
	Messages    int   // protobuf messages in one file
	Depth       int   // nesting of protobuf messages
	Subgraphs   int   // nesting of graphs in attributes
	Nodes       int   // nodes after inlining functions
	Iterations  int   // of one Loop
	NameBytes   int   // length of one name
	Pixels      int64 // of one picture, width times height

	// LoadOperations bounds what loading a model, or preparing it for new input
	// shapes, may compute, in operations on elements; one more node counts as some
	// hundred. Each byte of the model's own constants adds 8. A run is not bounded:
	// its context is.
	LoadOperations int64
	// FoldOperations and FoldBytes bound the computing of constants from constants
	// while a model is loaded, and what these take; each byte of the model's own
	// constants adds 8 operations and 4 bytes. What is beyond is left to the run.
	FoldOperations int64
	FoldBytes      int64
}

// Default returns the bounds used where a caller gives none.
func Default() Limits {
	return Limits{
		FileBytes:   2<<30 - 1, // protobuf's own bound
		TensorBytes: 2 << 30,
		TotalBytes:  8 << 30,
		Messages:    1_000_000,
		Depth:       100, // as the C++ parser
		Subgraphs:   16,
		Nodes:       100_000,
		Iterations:  100_000,
		NameBytes:   1 << 10,
		Pixels:      1 << 26, // 8192 × 8192

		LoadOperations: 2_000_000_000,
		FoldOperations: 100_000_000,
		FoldBytes:      32 << 20,
	}
}

// OrDefault returns l with every zero field set to its default.
func (l Limits) OrDefault() Limits {
	d := Default()
	set64 := func(v *int64, def int64) {
		if *v == 0 {
			*v = def
		}
	}
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	set64(&l.FileBytes, d.FileBytes)
	set64(&l.TensorBytes, d.TensorBytes)
	set64(&l.TotalBytes, d.TotalBytes)
	set(&l.Messages, d.Messages)
	set(&l.Depth, d.Depth)
	set(&l.Subgraphs, d.Subgraphs)
	set(&l.Nodes, d.Nodes)
	set(&l.Iterations, d.Iterations)
	set(&l.NameBytes, d.NameBytes)
	set64(&l.Pixels, d.Pixels)
	set64(&l.LoadOperations, d.LoadOperations)
	set64(&l.FoldOperations, d.FoldOperations)
	set64(&l.FoldBytes, d.FoldBytes)
	return l
}
