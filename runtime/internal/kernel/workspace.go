package kernel

// Workspace is one worker's memory: what kernels compute on the way, and the arguments
// that they hand to the primitives. It outlives every call, so that a call allocates
// nothing and writes only the arguments that change.
type Workspace struct {
	Scratch []float32 // as long as the largest ScratchSize of the kernels that share it
	Pieces  []Piece   // as long as the largest MaxPieces
	Sums    [PoolChannels]float64

	gemm      GemmArgs
	depthwise DepthwiseArgs
}
