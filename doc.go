// Package mixconv runs image networks from ONNX files in pure Go.
//
// Open gives a Classifier, which says what is on pictures. Load gives a Session, which
// takes and returns tensors, is immutable and shared by goroutines; package runtime
// says all about it:
//
//	session, err := mixconv.Load("mixnet-s.onnx", mixconv.Options{Threads: 2})
//	out, err := session.Run(ctx, mixconv.Tensors{"input": picture})
//
// It is a thin face for an app: package runtime has the engines, package preprocess
// makes tensors of pictures, package onnx has the file format. It does not read what
// TensorFlow and PyTorch trained: tf.Convert and torch.Convert, below package convert,
// make the ONNX files, and package verify compares them with what the trainer computed.
//
// A broken file is a *FormatError, one that is right but asks for what is not
// implemented an *UnsupportedError; use errors.As. No input makes it panic.
package mixconv
