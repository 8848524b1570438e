"""A model behind KServe's Python server: kserve_server.py NAME MODEL.onnx PORT GRPC_PORT"""

import sys

import kserve
import session
from kserve.utils.utils import generate_uuid


class Model(kserve.Model):
    def __init__(self, name, path):
        super().__init__(name)
        self.session = session.load(path)
        self.ready = True

    async def get_input_types(self):
        return session.tensors(self.session.get_inputs())

    async def get_output_types(self):
        return session.tensors(self.session.get_outputs())

    def predict(self, payload, headers=None, response_headers=None):
        wanted = [v.name for v in self.session.get_outputs()]
        found = self.session.run(wanted, {i.name: i.as_numpy() for i in payload.inputs})
        outputs = []
        for name, array in zip(wanted, found):
            output = kserve.InferOutput(name, list(array.shape), "FP32")
            output.set_data_from_numpy(array, binary_data=payload.from_grpc or bool(payload.use_binary_outputs))
            outputs.append(output)
        return kserve.InferResponse(payload.id or generate_uuid(), self.name, outputs, from_grpc=payload.from_grpc)


name, path, port, grpc_port = sys.argv[1:5]
kserve.ModelServer(http_port=int(port), grpc_port=int(grpc_port), workers=1).start([Model(name, path)])
