"""KServe's client calls `mixconv serve`, unmodified, by REST and by gRPC."""

import asyncio

from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

import clients


class KServe(clients.Clients):
    def request(self, model):
        x = self.x[model]
        given = InferInput("input", list(x.shape), "FP32")
        given.set_data_from_numpy(x, binary_data=False)
        return InferRequest(model_name=model, infer_inputs=[given], request_id="7")

    def test_rest(self):
        async def calls():
            client = InferenceRESTClient(RESTConfig(protocol="v2"))
            self.assertTrue(await client.is_server_live(self.url))
            self.assertTrue(await client.is_server_ready(self.url))
            for model in clients.SIZES:
                self.assertTrue(await client.is_model_ready(self.url, model))
                answer = await client.infer(self.url, self.request(model), model_name=model)
                self.assertEqual(answer.id, "7")
                self.same(model, answer.outputs[0].as_numpy())
            await client.close()

        asyncio.run(calls())

    def test_grpc(self):
        async def calls():
            client = InferenceGRPCClient(self.address)
            self.assertTrue(await client.is_server_live())
            for model in clients.SIZES:
                answer = await client.infer(self.request(model))
                self.same(model, answer.outputs[0].as_numpy())
            await client.close()

        asyncio.run(calls())
