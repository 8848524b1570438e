// Package runtime runs ONNX models of image networks in pure Go.
//
// # Sessions
//
// [Load], [LoadFS] and [LoadBytes] read a file and make a [Session] of it; [New]
// makes one of a model in memory. A session is immutable: any number of
// goroutines run it at the same time, and nothing has to be closed.
//
//	session, err := runtime.Load("mixnet-s.onnx", runtime.Options{Threads: 2})
//	out, err := session.Run(ctx, runtime.Tensors{"input": picture})
//	logits := tensor.Data[float32](out["logits"])
//
// [Session.Run] takes by name the inputs that [Session.Inputs] lists, and any of
// those that [Session.Defaults] lists. It returns the outputs that [Session.Outputs]
// lists, or only those that the caller names. What no wanted output needs is not
// computed. [Session.RunInto] fills tensors of the caller instead.
//
// # Tensors
//
// A [tensor.Tensor] is an element type, a shape, and a Go slice in row-major
// order: []float32 for float32, []int64 for int64, []bool for bool, and []uint16
// with the bits of float16 and bfloat16. Nothing is converted: the type must be
// the one that the model declares. Of and New in package tensor make tensors.
//
// Axes are the model's, as the file has them. Image networks exported to ONNX
// take pictures as [N,C,H,W]: all of a picture's red, then its green, then its
// blue. The engine computes in another order inside and needs no transposed
// input. What the values should be, such as 0 to 1 less a mean, is the model's
// own matter; package preprocess prepares pictures as the training code did.
//
// # Dynamic dimensions
//
// A dimension that the file leaves open is tensor.Unknown in [Value].Shape, and
// Dims has the name that the file gives it, "batch" say. Runs may choose other
// sizes for it each time. The first run of a session with new shapes, or new
// wanted outputs, makes a plan; the last sixteen are kept, and weights are packed
// once for all of them. Whoever asks for the same shapes meanwhile waits, as long as
// its context allows; runs with a plan go on. Of a batch, every picture's result is
// the same bits as if it were alone.
//
// Where a shape depends on values, as behind a detector's choice of boxes, a plan ends
// there. What follows is planned when a run has found the shape.
//
// # Engines and types
//
// The [Planned] engine fuses operators, lays memory out and runs float32 kernels
// for this machine. What has no kernel it hands, node by node, to the plain loops
// of the [Reference] engine; [Session.Fallbacks] lists those nodes. Most of what
// has another element type runs on those loops. OPERATORS.md lists the operators.
//
// # Threads and contexts
//
// A run computes on [Options].Threads goroutines, which end with it. The result
// is the same bits for any number. A cancelled context ends a run within
// milliseconds, with the context's error; the session can be used on.
//
// # Memory
//
// A session keeps the model's weights as its kernels want them; those in the file are
// mapped, and read when they are packed. For each of the runs that go on at the same
// time it has an arena, which later runs use again. Run allocates its results and
// little else. RunInto allocates nothing once it has run with the same shapes and
// outputs, on the planned engine without fallbacks.
// [Options].Limits bounds what a file may ask for.
//
// # Errors
//
// A broken file is an [errs.FormatError] with the offset or field. A file that is
// right but asks for what is not implemented is an [errs.UnsupportedError], which
// lists all of it with nodes and opsets before anything runs. Inputs of a wrong
// name, type or shape are plain errors. Each is one line. No input makes the
// package panic, and external data is read from the model's own folder alone.
package runtime
