// Package metadata has the keys under which a converted model's metadata_props say
// where it comes from and how it is to be used. Files of other programs have none of
// them.
package metadata

// What the network is.
const (
	Network         = "mixconv.network"          // mixnet-s
	Blocks          = "mixconv.blocks"           // block strings, a space between, or a newline between stages
	Stem            = "mixconv.stem"             // channels before scaling
	FeatureSize     = "mixconv.feature_size"     // channels of the last convolution
	DepthMultiplier = "mixconv.depth_multiplier" // 1.3; 1 if there is none
	TrainedParams   = "mixconv.trained_params"   // elements of what the model has, moments not counted
)

// Where its weights come from.
const (
	SourceSHA256   = "mixconv.source.sha256"   // of what the weights were read from, hex
	SourceAverages = "mixconv.source.averages" // true if moving averages of the weights were used
	SourceKey      = "mixconv.source.key"      // of the dictionary that the weights are in, in a trainer's checkpoint
	SourcePrefix   = "mixconv.source.prefix"   // that stands before their names there
)

// How pictures are prepared: the fields of a preprocess.Config.
const (
	PreprocessKind          = "mixconv.preprocess.kind"          // torch or tensorflow
	PreprocessSize          = "mixconv.preprocess.size"          // height and width, pixels
	PreprocessCrop          = "mixconv.preprocess.crop"          // the part of the shorter side that is kept
	PreprocessInterpolation = "mixconv.preprocess.interpolation" // bilinear, bicubic, …
	PreprocessMean          = "mixconv.preprocess.mean"          // R,G,B, subtracted
	PreprocessStd           = "mixconv.preprocess.std"           // R,G,B, divided by
)

// Preprocess lists the keys of how pictures are prepared.
var Preprocess = []string{PreprocessKind, PreprocessSize, PreprocessCrop, PreprocessInterpolation, PreprocessMean, PreprocessStd}

// Labels has the names of the classes, a line each.
const Labels = "mixconv.labels"
