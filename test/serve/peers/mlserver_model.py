"""A model behind MLServer: the runtime that model-settings.json names."""

import session
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor


class Model(MLModel):
    async def load(self):
        self.session = session.load(self.settings.parameters.uri)
        self.inputs = [MetadataTensor(**t) for t in session.tensors(self.session.get_inputs())]
        self.outputs = [MetadataTensor(**t) for t in session.tensors(self.session.get_outputs())]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        wanted = [v.name for v in self.session.get_outputs()]
        found = self.session.run(wanted, {i.name: NumpyCodec.decode_input(i) for i in payload.inputs})
        return InferenceResponse(
            id=payload.id, model_name=self.name, outputs=[NumpyCodec.encode_output(n, a) for n, a in zip(wanted, found)]
        )
