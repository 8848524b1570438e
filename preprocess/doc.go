// Package preprocess turns a picture into the tensor that a network reads,
// bit for bit as the network's training code did in Python: with Pillow and
// torchvision as timm's evaluation uses them, or with TensorFlow as the
// official MixNet and EfficientNet evaluation does.
//
// A picture goes through decoding (Decode, the same for both), then through
// the steps of a Config:
//
//	torch       resize the shorter side, crop the centre, scale to 0…1, normalise
//	tensorflow  crop the centre, resize, normalise in 0…255
//
// Config.Tensor does all of it at once; Config.Run returns every step's
// result, to compare one after the other with those of another program.
package preprocess
