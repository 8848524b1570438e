package oip

// ServerName is what the server calls itself.
const ServerName = "mixconv"

// Platform is the protocol's name for ONNX models.
const Platform = "onnx_onnxv1"

// Extensions are those of the protocol that are there.
var Extensions = []string{"binary_tensor_data", "classification", "model_configuration", "model_repository", "schedule_policy", "statistics"}
