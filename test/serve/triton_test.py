"""tritonclient calls `mixconv serve`, unmodified, by HTTP and by gRPC."""

import queue

import numpy
import tritonclient.grpc
import tritonclient.http

import clients


class Triton(clients.Clients):
    def test_http(self):
        client = self.enterContext(tritonclient.http.InferenceServerClient(self.address))
        self.assertTrue(client.is_server_live() and client.is_server_ready())
        for model, x in self.x.items():
            self.assertTrue(client.is_model_ready(model))
            self.assertEqual(client.get_model_metadata(model)["name"], model)
            self.assertEqual(client.get_model_config(model)["input"][0]["name"], "input")
            for binary_in in (True, False):
                for binary_out in (True, False):
                    for packed in (None, "gzip", "deflate"):
                        given = tritonclient.http.InferInput("input", x.shape, "FP32")
                        given.set_data_from_numpy(x, binary_data=binary_in)
                        wanted = tritonclient.http.InferRequestedOutput("logits", binary_data=binary_out)
                        with self.subTest(model=model, binary=(binary_in, binary_out), packed=packed):
                            answer = client.infer(model, [given], outputs=[wanted], request_id="7",
                                                  request_compression_algorithm=packed, response_compression_algorithm=packed)
                            self.assertEqual(answer.get_response()["id"], "7")
                            self.same(model, answer.as_numpy("logits"))

    def test_http_classes(self):
        client = self.enterContext(tritonclient.http.InferenceServerClient(self.address))
        given = tritonclient.http.InferInput("input", self.x["digits"].shape, "FP32")
        given.set_data_from_numpy(self.x["digits"])
        for binary in (True, False):
            wanted = tritonclient.http.InferRequestedOutput("logits", binary_data=binary, class_count=3)
            found = client.infer("digits", [given], outputs=[wanted]).as_numpy("logits")
            self.assertEqual(found.shape, (2, 3))
            for row, logits in zip(found, self.want["digits"]):
                indices = [int((e.decode() if isinstance(e, bytes) else e).split(":")[1]) for e in row]
                self.assertEqual(indices, list(numpy.argsort(-logits)[:3]))

    def test_http_async(self):
        client = self.enterContext(tritonclient.http.InferenceServerClient(self.address, concurrency=8))
        given = tritonclient.http.InferInput("input", self.x["digits"].shape, "FP32")
        given.set_data_from_numpy(self.x["digits"])
        for pending in [client.async_infer("digits", [given]) for _ in range(32)]:
            self.same("digits", pending.get_result().as_numpy("logits"))

    def test_http_repository(self):
        client = self.enterContext(tritonclient.http.InferenceServerClient(self.address))
        self.assertEqual({m["name"] for m in client.get_model_repository_index()}, set(clients.SIZES))
        client.unload_model("digits")
        self.assertFalse(client.is_model_ready("digits"))
        client.load_model("digits")
        self.assertTrue(client.is_model_ready("digits"))
        statistics = client.get_inference_statistics("digits")["model_stats"][0]
        self.assertEqual(statistics["name"], "digits")

    def test_http_errors(self):
        client = self.enterContext(tritonclient.http.InferenceServerClient(self.address))
        given = tritonclient.http.InferInput("input", self.x["digits"].shape, "FP32")
        given.set_data_from_numpy(self.x["digits"])
        for call in (lambda: client.infer("no such model", [given]), lambda: client.infer("digits", []),
                     lambda: client.infer("digits", [given], outputs=[tritonclient.http.InferRequestedOutput("none")])):
            with self.assertRaises(tritonclient.utils.InferenceServerException):
                call()

    def test_grpc(self):
        client = self.enterContext(tritonclient.grpc.InferenceServerClient(self.address))
        self.assertTrue(client.is_server_live() and client.is_server_ready())
        for model, x in self.x.items():
            self.assertEqual(client.get_model_metadata(model).name, model)
            self.assertEqual(client.get_model_config(model).config.name, model)
            given = tritonclient.grpc.InferInput("input", x.shape, "FP32")
            given.set_data_from_numpy(x)
            for packed in (None, "gzip", "deflate"):
                with self.subTest(model=model, packed=packed):
                    answer = client.infer(model, [given], request_id="7", compression_algorithm=packed)
                    self.assertEqual(answer.get_response().id, "7")
                    self.same(model, answer.as_numpy("logits"))

    def test_grpc_stream(self):
        client = self.enterContext(tritonclient.grpc.InferenceServerClient(self.address))
        given = tritonclient.grpc.InferInput("input", self.x["digits"].shape, "FP32")
        given.set_data_from_numpy(self.x["digits"])
        answers = queue.Queue()
        client.start_stream(lambda result, error: answers.put((result, error)))
        for i in range(5):
            client.async_stream_infer("none" if i == 2 else "digits", [given], request_id=str(i))
        for i in range(5):
            result, error = answers.get(timeout=30)
            if i == 2:
                self.assertIsNotNone(error)
                continue
            self.assertEqual(result.get_response().id, str(i))
            self.same("digits", result.as_numpy("logits"))
        client.stop_stream()

    def test_grpc_shared_memory(self):
        client = self.enterContext(tritonclient.grpc.InferenceServerClient(self.address))
        with self.assertRaises(tritonclient.utils.InferenceServerException) as caught:
            client.get_system_shared_memory_status()
        self.assertIn("UNIMPLEMENTED", caught.exception.status())
